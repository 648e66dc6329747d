// dom: elements made and changed without markup: names from outside are text nodes and nothing else

type Child = Node | string | undefined | false;
type Props = {
	class?: string;
	id?: string;
	type?: string;
	title?: string;
	role?: string;
	href?: string;
	value?: string;
	hidden?: boolean;
	tabIndex?: number;
	/** aria-* and data-* and others that are plain attributes. */
	attributes?: Record<string, string>;
	on?: { [Name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Name]) => void };
};

/** A new element with its children. */
export const el = <Tag extends keyof HTMLElementTagNameMap>(
	tag: Tag,
	props: Props = {},
	...children: Child[]
): HTMLElementTagNameMap[Tag] => {
	const node = document.createElement(tag);
	const { class: className, attributes, on, hidden, tabIndex, ...plain } = props;
	if (className) node.className = className;
	for (const [key, value] of Object.entries(plain)) if (value !== undefined) node.setAttribute(key, value);
	for (const [key, value] of Object.entries(attributes ?? {})) node.setAttribute(key, value);
	if (hidden !== undefined) node.hidden = hidden;
	if (tabIndex !== undefined) node.tabIndex = tabIndex;
	for (const [name, listener] of Object.entries(on ?? {}))
		node.addEventListener(name, listener as EventListener);
	node.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
	return node;
};

/** The text of a node, written only when it changed, so that nothing flickers and no selection is lost. */
export const setText = (node: Node, text: string): void => {
	if (node.textContent !== text) node.textContent = text;
};

/** An attribute, or its absence. */
export const setAttribute = (node: Element, name: string, value: string | undefined): void => {
	if (value === undefined) node.removeAttribute(name);
	else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
};

/** A button; what it says is what it does. */
export const button = (text: string, click: () => void, props: Props = {}): HTMLButtonElement =>
	el('button', { type: 'button', ...props, on: { click, ...props.on } }, text);

let numbers = 0;
/** An id that no name has a part in. */
export const newId = (): string => {
	numbers += 1;
	return `n${numbers}`;
};

/** A select with a label; `set` keeps its choice when the options change, and changes nothing when they do not. */
export const choice = (
	label: string,
	chosen: (value: string) => void,
): {
	node: HTMLElement;
	label: HTMLElement;
	select: HTMLSelectElement;
	set: (options: [string, string][], value: string) => void;
} => {
	const id = newId();
	const select = el('select', { id, on: { change: () => chosen(select.value) } });
	const name = el('label', { attributes: { for: id } }, label);
	let before = '';
	return {
		node: el('span', { class: 'choice' }, name, select),
		label: name,
		select,
		set: (options, value) => {
			const now = JSON.stringify(options);
			if (now !== before) {
				before = now;
				select.replaceChildren(...options.map(([key, text]) => el('option', { value: key }, text)));
			}
			if (select.value !== value) select.value = value;
		},
	};
};
