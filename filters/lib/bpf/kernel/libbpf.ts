// libbpf: the functions of libbpf.so.1 that we call, through koffi; and what libbpf says, line for line
// koffi is native, so it stays outside the bundle and is optional: without it a Failure says what to install.

import { EXIT, Failure } from '../../failure.ts';

/** A pointer that only libbpf looks into. */
export type Pointer = object | null;
// The kernel's arrays: read from, or written to.
type Bytes = Buffer | null;

/** libbpf, as far as we need it. Those that give a number give a negative errno when they fail. */
export type Libbpf = {
	open: (path: string) => Pointer;
	load: (object: Pointer) => number;
	close: (object: Pointer) => void;
	nextProgram: (object: Pointer, program: Pointer) => Pointer;
	programName: (program: Pointer) => string;
	programSection: (program: Pointer) => string;
	setAutoload: (program: Pointer, is: boolean) => number;
	attach: (program: Pointer) => Pointer;
	destroyLink: (link: Pointer) => number;
	findMap: (object: Pointer, name: string) => Pointer;
	mapFd: (map: Pointer) => number;
	mapType: (map: Pointer) => number;
	mapEntries: (map: Pointer) => number;
	mapKeySize: (map: Pointer) => number;
	mapValueSize: (map: Pointer) => number;
	setPinPath: (map: Pointer, path: string) => number;
	processors: () => number;
	lookup: (fd: number, key: Bytes, value: Bytes) => number;
	update: (fd: number, key: Bytes, value: Bytes, flags: number) => number;
	nextKey: (fd: number, key: Bytes, next: Bytes) => number;
	batch: (
		fd: number,
		from: Bytes,
		to: Bytes,
		keys: Bytes,
		values: Bytes,
		count: Uint32Array,
		options: null,
	) => number;
	/** What libbpf said since this was last called. */
	said: () => string[];
	/** The errno of the last call. */
	errno: () => number;
};

const SIGNATURES: Record<Exclude<keyof Libbpf, 'said' | 'errno'>, string> = {
	open: 'void *bpf_object__open(const char *path)',
	load: 'int bpf_object__load(void *object)',
	close: 'void bpf_object__close(void *object)',
	nextProgram: 'void *bpf_object__next_program(void *object, void *program)',
	programName: 'const char *bpf_program__name(void *program)',
	programSection: 'const char *bpf_program__section_name(void *program)',
	setAutoload: 'int bpf_program__set_autoload(void *program, bool is)',
	attach: 'void *bpf_program__attach(void *program)',
	destroyLink: 'int bpf_link__destroy(void *link)',
	findMap: 'void *bpf_object__find_map_by_name(void *object, const char *name)',
	mapFd: 'int bpf_map__fd(void *map)',
	mapType: 'int bpf_map__type(void *map)',
	mapEntries: 'uint32_t bpf_map__max_entries(void *map)',
	mapKeySize: 'uint32_t bpf_map__key_size(void *map)',
	mapValueSize: 'uint32_t bpf_map__value_size(void *map)',
	setPinPath: 'int bpf_map__set_pin_path(void *map, const char *path)',
	processors: 'int libbpf_num_possible_cpus()',
	lookup: 'int bpf_map_lookup_elem(int fd, void *key, void *value)',
	update: 'int bpf_map_update_elem(int fd, void *key, void *value, uint64_t flags)',
	nextKey: 'int bpf_map_get_next_key(int fd, void *key, void *next)',
	batch:
		'int bpf_map_lookup_batch(int fd, void *from, void *to, void *keys, void *values, _Inout_ uint32_t *count, void *options)',
};

const LONGEST_LINE = 1 << 16;
// With a verifier's log of a large program a line is long; what is older than these many says nothing any more.
const MOST_LINES = 4000;
// What libbpf says at this level it says of everything, whether or not something is wrong.
const DEBUG = 2;
const SONAME = 'libbpf.so.1';

type Koffi = typeof import('koffi').default;

const koffiOf = async (): Promise<Koffi> => {
	try {
		return (await import('koffi')).default;
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		const hint = 'npm install koffi';
		throw new Failure(
			EXIT.unavailable,
			`koffi, which calls libbpf, cannot be had (${code ?? message}); ${hint}`,
		);
	}
};

/** A shared library. */
export const libraryOf = async (name: string, hint: string) => {
	const koffi = await koffiOf();
	try {
		return { koffi, library: koffi.load(name) };
	} catch (error) {
		const [first] = (error as Error).message.split('\n');
		throw new Failure(EXIT.unavailable, `${name} cannot be had (${first}); ${hint}`);
	}
};

/**
 * libbpf, from the library `name`.
 * @throws Failure(69) when koffi or the library cannot be had, or is too old to have all that we call.
 */
export const libbpfOf = async (name = SONAME): Promise<Libbpf> => {
	const { koffi, library } = await libraryOf(name, `install libbpf 1.0 or later (Debian: libbpf1)`);
	const functions: Record<string, unknown> = {};
	for (const [key, signature] of Object.entries(SIGNATURES))
		try {
			functions[key] = library.func(signature);
		} catch {
			const [, missing] = /(\w+)\(/.exec(signature)!;
			throw new Failure(
				EXIT.unavailable,
				`${name} has no ${missing}; libbpf 1.0 or later is needed (Debian: libbpf1)`,
			);
		}
	const lines: string[] = [];
	const { library: libc } = await libraryOf('libc.so.6', 'a glibc is needed');
	// The list of arguments goes on as it came: a pointer, on x86-64 as on arm64.
	const format = libc.func('int vsnprintf(void *to, size_t size, void *format, void *list)');
	const room = Buffer.alloc(LONGEST_LINE);
	const type = koffi.proto('int bpfpipe_print(int level, void *format, void *list)');
	const print = (level: number, text: Pointer, list: Pointer): number => {
		if (level >= DEBUG) return 0;
		const length = Math.min(format(room, room.length, text, list), room.length - 1);
		lines.push(...room.toString('utf8', 0, Math.max(length, 0)).split('\n').filter(Boolean));
		if (lines.length > MOST_LINES) lines.splice(0, lines.length - MOST_LINES);
		return length;
	};
	library.func('void *libbpf_set_print(bpfpipe_print *print)')(koffi.register(print, koffi.pointer(type)));
	return {
		...(functions as Omit<Libbpf, 'said' | 'errno'>),
		said: () => lines.splice(0),
		errno: () => koffi.errno(),
	};
};
