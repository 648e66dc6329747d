// origin: who says what is exported, and how both encodings spell what they share

import { wellFormed } from '../protobuf/text.ts';

/** Attributes of every resource beside its host, and the scope, which is this program. */
export type Origin = { attributes: [key: string, value: string][]; scope: { name: string; version: string } };

/** AggregationTemporality. */
export const TEMPORALITY = { delta: 1, cumulative: 2 } as const;

/**
 * The attributes of a host's resource. What the user set comes first, and wins. The instance is the host: Prometheus keeps
 * no other attribute of a resource beside its series, and would take those of two hosts for one.
 */
export const resourceAttributes = ({ attributes }: Origin, host: string): [key: string, value: string][] => {
	const own = attributes.map(([key, value]): [string, string] => [wellFormed(key), wellFormed(value)]);
	const isSet = (name: string) => own.some(([key]) => key === name);
	const named = ['host.name', 'service.instance.id'].filter((name) => host !== '' && !isSet(name));
	return [...own, ...named.map((name): [string, string] => [name, host])];
};
