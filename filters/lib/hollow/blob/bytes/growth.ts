// growth: typed arrays that become longer, by doubling, so that adding one by one stays cheap

/** `array` or a longer copy of it, so that `length` entries fit. */
export const enlarge = <T extends Int32Array | Uint32Array | Uint8Array>(array: T, length: number): T => {
	if (length <= array.length) return array;
	const size = Math.max(length, Math.ceil(array.length * 1.5), 16);
	const longer = new (array.constructor as new (length: number) => T)(size);
	longer.set(array);
	return longer;
};
