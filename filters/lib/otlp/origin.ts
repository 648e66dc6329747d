// origin: who says what is exported, and how both encodings spell what they share

import { wellFormed } from '../protobuf/text.ts';

/** Attributes of every resource beside its host, and the scope, which is this program. */
export type Origin = { attributes: [key: string, value: string][]; scope: { name: string; version: string } };

/** AggregationTemporality. */
export const TEMPORALITY = { delta: 1, cumulative: 2 } as const;

/** The attributes of a host's resource. What the user set comes first, and wins. */
export const resourceAttributes = ({ attributes }: Origin, host: string): [key: string, value: string][] => {
	const own = attributes.map(([key, value]): [string, string] => [wellFormed(key), wellFormed(value)]);
	const isSet = own.some(([key]) => key === 'host.name');
	return host === '' || isSet ? own : [...own, ['host.name', host]];
};
