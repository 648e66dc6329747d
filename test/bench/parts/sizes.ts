// bench/parts/sizes: how much a measurement does: as the command line says, else the usual, or little in a smoke run
// A smoke run takes seconds and shows that every measurement still runs to its end; its figures mean nothing.

export const isSmoke = process.env.BENCH_SMOKE === '1';

/** One number for each `[usual, smoke]`, from the arguments where those are given. @throws Error for no number. */
export const sizes = (...each: [usual: number, smoke: number][]): number[] =>
	each.map(([usual, smoke], at) => {
		const size = Number(process.argv[2 + at] ?? (isSmoke ? smoke : usual));
		if (!(Number.isInteger(size) && size > 0)) throw new Error(`"${process.argv[2 + at]}" is not a size`);
		return size;
	});
