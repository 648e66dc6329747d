// figures: what the answers say: counts, what is missing between the steps of an exchange, percentiles as intervals
// A figure that nobody measured is undefined, never 0; nothing counted while somebody looked is 0.

import { percentileRow } from '../../lib/chart/counts.ts';
import { add, subtract } from '../../lib/exact.ts';
import type { ColumnsAnswer, Group, Row } from '../../lib/history/answers.ts';
import type { Exact } from '../../lib/record.ts';
import type { KeaAnswers } from './questions.ts';

export type Count = Exact | undefined;

const isSeen = ({ columns }: Group): boolean => columns.some((column) => column !== null);

/** Whether there are data of the range. */
export const isMeasured = (answer: ColumnsAnswer | undefined): boolean =>
	answer?.groups.some(isSeen) ?? false;

/** How many seconds of the range were looked at. */
export const secondsOf = (answer: ColumnsAnswer | undefined): number => {
	if (!answer) return 0;
	const longest = Math.max(0, ...answer.groups.map(({ columns }) => columns.length));
	let cover = 0;
	for (let at = 0; at < longest; at += 1)
		cover += Math.max(0, ...answer.groups.map(({ columns }) => columns[at]?.[0] ?? 0));
	return (cover * answer.step) / 1000;
};

export const groupOf = (answer: ColumnsAnswer | undefined, name: string): Group | undefined =>
	answer?.groups.find((group) => (group.name ?? '') === name);

/** All that a group counted. */
export const totalOf = ({ total }: Pick<Group, 'total'>): Exact =>
	total.reduce<Exact>((sum, one) => add(sum, one), 0);

/** What a group counted in the range, or undefined where nobody looked. */
export const countIn = (answer: ColumnsAnswer | undefined, name: string): Count => {
	const group = groupOf(answer, name);
	return group && isSeen(group) ? totalOf(group) : undefined;
};

/** All groups together. */
export const countAll = (answer: ColumnsAnswer | undefined): Count =>
	answer && isMeasured(answer)
		? answer.groups.reduce<Exact>((sum, group) => add(sum, totalOf(group)), 0)
		: undefined;

/** A tracer prints nothing of what it never counted: where it looked at packets at all, that is 0. */
export const orNone = (count: Count, isLooking: boolean): Count => count ?? (isLooking ? 0 : undefined);

/** Whether the probes looked at packets in the range. */
export const isProbed = ({ received, sent }: KeaAnswers): boolean => isMeasured(received) || isMeasured(sent);

/** The bucket of a percentile of all that a group counted. */
export const percentileOf = (
	answer: ColumnsAnswer,
	group: Pick<Group, 'total'>,
	percent: number,
): Row | undefined => {
	if (answer.isOverlapping) return undefined;
	const row = percentileRow({ rows: group.total, total: totalOf(group) }, percent);
	return row === undefined ? undefined : answer.rows[row];
};

/** Causes of the probes, and those of Kea's statistics that count the same. Others have no partner. */
const SAME_CAUSE: Record<string, string> = { malformed: 'parse-failed', queue: 'queue-full' };

export type Drop = {
	cause: string;
	probes: Count;
	/** Of whom, the most first. */
	messages: [message: string, count: Exact][];
	group: Group | undefined;
	/** The name at Kea; undefined where Kea has none for it. */
	keaCause: string | undefined;
	kea: Count;
	keaGroup: Group | undefined;
};

const byCount = (a: [string, Exact], b: [string, Exact]): number =>
	Number(b[1]) - Number(a[1]) || (a[0] < b[0] ? -1 : 1);

/** Every cause that the probes or Kea know of, the most first; what Kea counts and the probes do not comes after. */
export const dropsOf = ({ drops, keaDrops }: KeaAnswers, isLooking: boolean): Drop[] => {
	const probed = (drops?.all.groups ?? []).map((group): Drop => {
		const cause = group.name ?? '';
		const keaCause = Object.hasOwn(SAME_CAUSE, cause) ? SAME_CAUSE[cause] : undefined;
		return {
			cause,
			probes: orNone(countIn(drops!.all, cause), isLooking),
			messages: (drops!.of.get(cause)?.groups ?? [])
				.map((one): [string, Exact] => [one.name ?? '', totalOf(one)])
				.filter(([, count]) => Number(count) > 0)
				.sort(byCount),
			group,
			keaCause,
			kea: keaCause === undefined ? undefined : countIn(keaDrops, keaCause),
			keaGroup: keaCause === undefined ? undefined : groupOf(keaDrops, keaCause),
		};
	});
	const taken = new Set(probed.map(({ keaCause }) => keaCause));
	const own = (keaDrops?.groups ?? [])
		.filter(({ name = '' }) => !taken.has(name))
		.map((group): Drop => {
			const name = group.name ?? '';
			const cause = Object.keys(SAME_CAUSE).find((one) => SAME_CAUSE[one] === name);
			return {
				cause: cause ?? '',
				probes: cause === undefined ? undefined : orNone(undefined, isLooking),
				messages: [],
				group: undefined,
				keaCause: name,
				kea: countIn(keaDrops, name),
				keaGroup: group,
			};
		});
	const size = ({ probes, kea }: Drop) => Number(probes ?? 0) || Number(kea ?? 0);
	return [...probed, ...own].sort((a, b) => size(b) - size(a));
};

/** The four messages of an exchange, with who sends each. */
const EXCHANGES: Record<string, [message: string, isAnswer: boolean][]> = {
	dhcp4: [
		['DISCOVER', false],
		['OFFER', true],
		['REQUEST', false],
		['ACK', true],
	],
	dhcp6: [
		['SOLICIT', false],
		['ADVERTISE', true],
		['REQUEST', false],
		['REPLY', true],
	],
};

export type Step = { message: string; isAnswer: boolean; probes: Count; kea: Count };

/**
 * How many of each message of the exchange there were, as the probes and as Kea counted them. `looking` is whether what was
 * never counted is 0.
 */
export const exchangeOf = (
	service: string,
	answers: KeaAnswers,
	looking: { received: boolean; sent: boolean },
): Step[] =>
	(EXCHANGES[service] ?? []).map(([message, isAnswer]) => ({
		message,
		isAnswer,
		probes: orNone(
			countIn(isAnswer ? answers.sent : answers.received, message),
			isAnswer ? looking.sent : looking.received,
		),
		kea: countIn(isAnswer ? answers.keaSent : answers.keaReceived, message.toLowerCase()),
	}));

/** How many fewer there are of the one than of the other; below 0: more. */
const missing = (before: Count, after: Count): Count =>
	before === undefined || after === undefined ? undefined : subtract(before, after);

/** How many messages were finished, and how many of them with another answer than this, or none; undefined without probes. */
const unanswered = (
	{ answered }: KeaAnswers,
	message: string,
	answer: string,
): { count: Count; whole: Exact } | undefined => {
	const parts = answered?.of.get(message);
	const whole = countAll(parts);
	return whole === undefined ? undefined : { whole, count: missing(whole, countIn(parts, answer) ?? 0) };
};

/** `whole`: of how many, by either count. */
export type Gap = { from: string; to: string; probes: Count; whole: Count; kea: Count; keaWhole: Count };

/** What is missing between each message of the exchange and the next. */
export const gapsOf = (steps: Step[], answers: KeaAnswers): Gap[] =>
	steps.slice(1).map((step, at): Gap => {
		const before = steps[at]!;
		// An answer is to a message: others that got the same answer must not hide one that is missing.
		const own = step.isAnswer ? unanswered(answers, before.message, step.message) : undefined;
		return {
			from: before.message,
			to: step.message,
			probes: own ? own.count : missing(before.probes, step.probes),
			whole: own ? own.whole : before.probes,
			kea: missing(before.kea, step.kea),
			keaWhole: before.kea,
		};
	});

export type Answered = { message: string; all: Exact; answers: [answer: string, count: Exact][] };

/** What each message that was finished got for an answer. */
export const answeredOf = ({ answered }: KeaAnswers): Answered[] =>
	(answered?.all.groups ?? [])
		.map((group): Answered => {
			const message = group.name ?? '';
			const answers = (answered!.of.get(message)?.groups ?? [])
				.map((one): [string, Exact] => [one.name ?? '', totalOf(one)])
				.filter(([, count]) => Number(count) > 0)
				.sort(byCount);
			return { message, all: totalOf(group), answers };
		})
		.filter(({ all }) => Number(all) > 0)
		.sort((a, b) => byCount([a.message, a.all], [b.message, b.all]));

/** A packet's way through the server. What a newer script calls otherwise comes behind, by its name. */
const STAGES = ['queue', 'unpack', 'subnet', 'reservation', 'allocation', 'answer', 'pack', 'send'];

/** The stages in the order in which a packet goes through them. */
export const stagesOf = ({ stages }: KeaAnswers): Group[] => {
	const place = ({ name = '' }: Group) => (STAGES.includes(name) ? STAGES.indexOf(name) : STAGES.length);
	return [...(stages?.groups ?? [])].sort(
		(a, b) => place(a) - place(b) || ((a.name ?? '') < (b.name ?? '') ? -1 : 1),
	);
};
