// place: where in a YAML file a value stands

import { type Document, isCollection, isNode, isScalar, type LineCounter } from 'yaml';

/** Where in the text a path of keys and indices stands, as `FILE:LINE:COLUMN`. */
export const placer = (file: string, document: Document, lines: LineCounter) => {
	const at = (offset: number | undefined) => {
		if (offset === undefined) return file;
		const { line, col } = lines.linePos(offset);
		return `${file}:${line}:${col}`;
	};
	return (path: (string | number)[]): string => {
		for (let length = path.length; length >= 0; length--) {
			const parent = document.getIn(path.slice(0, length - 1), true);
			const pair = isCollection(parent)
				? (parent.items as { key?: unknown }[]).find(
						(item) => isScalar(item.key) && item.key.value === path[length - 1],
					)
				: undefined;
			const node = pair?.key ?? document.getIn(path.slice(0, length), true);
			if (isNode(node) && node.range) return at(node.range[0]);
		}
		return at(0);
	};
};
export type Place = ReturnType<typeof placer>;
