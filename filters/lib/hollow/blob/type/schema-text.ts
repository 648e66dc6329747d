// schema-text: the schema language of Hollow's tools, parsed and printed, and the hash of a set of schemas
//
//   Metric @PrimaryKey(name) {          ListOfMetric List<Metric>;
//   	string name;                       Names Set<String> @HashKey(value);
//   	Integer total;                     ByName Map<String,Metric> @HashKey(value);
//   }

import { SchemaError } from '../bytes/errors.ts';
import { murmur3 } from '../bytes/hash.ts';
import { encodeText } from '../bytes/text.ts';
import { FIELD_TYPES, type Field, type FieldType, type Schema } from './schema.ts';

const PRIMITIVES = new Map<string, FieldType>(
	FIELD_TYPES.filter((type) => type !== 'REFERENCE').map((type) => [type.toLowerCase(), type]),
);

const clause = (name: string, key: string[]): string =>
	key.length > 0 ? ` @${name}(${key.join(', ')})` : '';
const fieldText = ({ name, type, target }: Field): string => `\t${target ?? type.toLowerCase()} ${name};\n`;

/** A schema as the tools show it, without a newline at its end. */
export const schemaText = (schema: Schema): string => {
	const { name } = schema;
	switch (schema.kind) {
		case 'object':
			return `${name}${clause('PrimaryKey', schema.key)} {\n${schema.fields.map(fieldText).join('')}}`;
		case 'list':
			return `${name} List<${schema.element}>;`;
		case 'set':
			return `${name} Set<${schema.element}>${clause('HashKey', schema.key)};`;
		case 'map':
			return `${name} Map<${schema.keyType},${schema.valueType}>${clause('HashKey', schema.key)};`;
	}
};

/** The header tag `hollow.schema.hash`: a signed number in decimal. */
export const schemaHash = (schemas: Iterable<Schema>): string => {
	const sorted = [...schemas].sort((a, b) => (a.name < b.name ? -1 : 1));
	return String(murmur3(encodeText(sorted.map(schemaText).join(''))));
};

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
const TOKEN = /[A-Za-z_$][\w$.]*!?|[@(),{}<>;]|\S/g;

/** Words and marks one after the other, with what was expected in the error. */
class Tokens {
	private readonly list: string[];
	private at = 0;
	constructor(text: string) {
		this.list = text.replace(COMMENT, ' ').match(TOKEN) ?? [];
	}
	peek(): string | undefined {
		return this.list[this.at];
	}
	take(wanted?: string): string {
		const token = this.list[this.at++];
		const fits = wanted === undefined ? token !== undefined && /^[\w$]/.test(token) : token === wanted;
		if (fits) return token!;
		const found = token === undefined ? 'the end' : `"${token}"`;
		const before = this.list.slice(Math.max(0, this.at - 6), this.at - 1).join(' ');
		throw new SchemaError(`expected ${wanted ? `"${wanted}"` : 'a name'} behind "${before}", found ${found}`);
	}
}

const parseKey = (tokens: Tokens, name: string): string[] => {
	if (tokens.peek() !== '@') return [];
	tokens.take('@');
	tokens.take(name);
	tokens.take('(');
	const key = [tokens.take()];
	while (tokens.peek() === ',') {
		tokens.take(',');
		key.push(tokens.take());
	}
	tokens.take(')');
	return key;
};

const parseFields = (tokens: Tokens): Field[] => {
	const fields: Field[] = [];
	tokens.take('{');
	while (tokens.peek() !== '}') {
		const word = tokens.take();
		const name = tokens.take();
		const type = PRIMITIVES.get(word);
		fields.push(type ? { name, type } : { name, type: 'REFERENCE', target: word });
		tokens.take(';');
	}
	tokens.take('}');
	return fields;
};

const parseCollection = (tokens: Tokens, name: string): Schema => {
	const kind = tokens.take();
	if (!['List', 'Set', 'Map'].includes(kind))
		throw new SchemaError(`${name}: "${kind}" is no List, Set or Map`);
	tokens.take('<');
	const element = tokens.take();
	if (kind === 'Map') tokens.take(',');
	const valueType = kind === 'Map' ? tokens.take() : '';
	tokens.take('>');
	const key = kind === 'List' ? [] : parseKey(tokens, 'HashKey');
	tokens.take(';');
	if (kind === 'List') return { kind: 'list', name, element };
	if (kind === 'Set') return { kind: 'set', name, element, key };
	return { kind: 'map', name, keyType: element, valueType, key };
};

const parseOne = (tokens: Tokens): Schema => {
	const name = tokens.take();
	const next = tokens.peek();
	if (next !== '@' && next !== '{') return parseCollection(tokens, name);
	return { kind: 'object', name, key: parseKey(tokens, 'PrimaryKey'), fields: parseFields(tokens) };
};

/**
 * The schemas in a text, in its order.
 * @throws SchemaError saying what was expected and what stood there.
 */
export const parseSchemas = (text: string): Schema[] => {
	const tokens = new Tokens(text);
	const schemas: Schema[] = [];
	while (tokens.peek() !== undefined) schemas.push(parseOne(tokens));
	return schemas;
};
