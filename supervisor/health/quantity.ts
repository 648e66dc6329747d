// quantity: times and sizes for people, short enough for a column

/** `12s`, `3m20s`, `5h12m`, `3d4h`. */
export const span = (ms: number): string => {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	if (seconds < 60) return `${seconds}s`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
	const hours = Math.floor(seconds / 3600);
	return hours < 48
		? `${hours}h${Math.floor((seconds % 3600) / 60)}m`
		: `${Math.floor(hours / 24)}d${hours % 24}h`;
};

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `812 B`, `1.4 KiB`, `96 MiB`. */
export const bytes = (count: number): string => {
	const power = Math.min(UNITS.length - 1, count < 1 ? 0 : Math.floor(Math.log2(count) / 10));
	const value = count / 1024 ** power;
	return `${value < 10 && power > 0 ? value.toFixed(1) : Math.floor(value)} ${UNITS[power]}`;
};
