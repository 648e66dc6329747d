// name: how the files are called: what is in them, and the time of the newest data, in UTC

/** A name as a part of a file's name: what is no letter or digit is a hyphen, and it is never empty or long. */
export const slugOf = (name: string): string =>
	name
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '-')
		.replace(/^-+|-+$/g, '')
		.slice(0, 80) || 'metric';

/** Names for files, each given once: of two that would be the same the second has a number. */
export const createNames = () => {
	const taken = new Set<string>();
	return (name: string): string => {
		const slug = slugOf(name);
		let one = slug;
		for (let at = 2; taken.has(one); at++) one = `${slug}-${at}`;
		taken.add(one);
		return one;
	};
};

/** `20251121T080000Z`. */
export const stampOf = (ms: number): string =>
	`${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;

const stampIn = (file: string): string | undefined => /_(\d{8}T\d{6}Z)\.(?:svg|png)$/.exec(file)?.[1];

/** Of the files in a folder the pictures of all times but the newest `keep`. */
export const outdated = (files: string[], keep: number): string[] => {
	const stamps = [...new Set(files.flatMap((file) => stampIn(file) ?? []))].sort();
	const old = new Set(stamps.slice(0, Math.max(0, stamps.length - keep)));
	return files.filter((file) => old.has(stampIn(file) ?? ''));
};
