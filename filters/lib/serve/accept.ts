// accept: which of several forms of an answer a client would rather have, by its Accept header (RFC 9110, 12.5.1)

/** A form that can be had: its media type and what its parameters have to be where a client names them. */
export type Form = { type: string; parameters: Record<string, string> };

type Wish = { type: string; parameters: Map<string, string>; weight: number };

const wishOf = (text: string): Wish => {
	const [type = '', ...rest] = text.split(';').map((part) => part.trim());
	const parameters = new Map(
		rest.map((part): [string, string] => {
			const [name = '', value = ''] = part.split('=');
			return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')];
		}),
	);
	const weight = Number(parameters.get('q') ?? 1);
	parameters.delete('q');
	return { type: type.toLowerCase(), parameters, weight: weight >= 0 && weight <= 1 ? weight : 0 };
};

/** How exactly a wish names a form: 0 when it does not, more for more. */
const fitOf = ({ type, parameters }: Wish, form: Form): number => {
	const [main] = form.type.split('/');
	if (type === '*/*') return 1;
	if (type === `${main}/*`) return 2;
	if (type !== form.type) return 0;
	const named = [...parameters].filter(([name]) => name in form.parameters);
	return named.every(([name, value]) => form.parameters[name] === value) ? 3 + named.length : 0;
};

/** The form with the highest weight; of two with the same the one that stands first, as without a header. */
export const chosenOf = <Chosen extends Form>(
	header: string | undefined,
	forms: readonly Chosen[],
): Chosen => {
	const wishes = (header || '*/*').split(',').map(wishOf);
	const weightOf = (form: Form): number => {
		const fitting = wishes
			.map((wish) => ({ fit: fitOf(wish, form), weight: wish.weight }))
			.filter(({ fit }) => fit > 0);
		const most = Math.max(0, ...fitting.map(({ fit }) => fit));
		return Math.max(0, ...fitting.filter(({ fit }) => fit === most).map(({ weight }) => weight));
	};
	return forms.reduce((best, form) => (weightOf(form) > weightOf(best) ? form : best));
};
