#!/usr/bin/env node
// plot - records as pictures: a chart for each metric, a summary, and what was counted, as SVG and PNG
//
// usage:  plot [-o DIR] [--format svg,png] [--create-latest] [--interval 30s] [--keep N] [--range 24h] [--width 1200] < records
// stdin:  records        stdout: text, the files that were written
//
//   replay --speed 0 --as-recorded cpu-lat.session | parse-histogram -m cpu-lat --unit us | plot -o pictures     prints
//
//   pictures/cpu-lat_20251121T105823Z.svg
//   pictures/cpu-lat_20251121T105823Z.png
//   pictures/summary_20251121T105823Z.svg      and so on, for aggregates too
//
//   -o, --output-dir DIR   where they go (visualizations); it is made
//   --format svg,png       both, or one; PNG needs the package @resvg/resvg-js, and a font that is shipped
//   --create-latest        NAME_latest.svg and .png besides, replaced whole
//   --interval 30s         while records come, so often; else once, at the end of the input
//   --keep N               pictures of the newest N times stay in DIR, older ones are removed (all stay)
//   --range 24h            how much of the newest data is drawn
//   --width N, --light     in pixels, 600 to 4000; on a light ground (dark)
//
// A histogram is a heat map over time with its counts beside it and its percentiles as the buckets that they lie in; a sum is a
// rate, a gauge its value. Time without data is hatched. The date in a name is that of the newest data, in UTC. Equal input
// gives equal files, on every machine. Sample data is marked in every picture.

import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { svgOf } from './lib/chart/picture.ts';
import { replaceFile } from './lib/disk/replace.ts';
import { EXIT, Failure } from './lib/failure.ts';
import { createHistory } from './lib/history/history.ts';
import { keeping } from './lib/history/keeping.ts';
import { byteSize, positiveDuration, whole } from './lib/options.ts';
import { chartsOf } from './lib/plot/charts.ts';
import { createNames, outdated, stampOf } from './lib/plot/name.ts';
import { aggregatesSvg, summarySvg } from './lib/plot/overview.ts';
import { pngRenderer } from './lib/plot/png.ts';
import type { Measure, Sample } from './lib/record.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = {
	'output-dir': { type: 'string', short: 'o', default: 'visualizations' },
	format: { type: 'string', default: 'svg,png' },
	'create-latest': { type: 'boolean' },
	interval: { type: 'string' },
	range: { type: 'string', default: '24h' },
	width: { type: 'string', default: '1200' },
	light: { type: 'boolean' },
	keep: { type: 'string' },
	'max-memory': { type: 'string', default: '512M' },
} as const;

const MOST_SERIES = 50_000;
const FORMATS = ['svg', 'png'];

const formatsIn = (text: string): string[] => {
	const formats = text.split(',');
	if (formats.every((one) => FORMATS.includes(one))) return formats;
	throw new Failure(EXIT.usage, `--format: "${text}" is not svg, png or svg,png`);
};

stage(import.meta, { options: OPTIONS }, async ({ options, emit, bad, count, log, fail, isReadAgain }) => {
	const folder = options['output-dir'];
	const formats = formatsIn(options.format);
	const range = positiveDuration(options.range, '--range');
	const interval =
		options.interval === undefined ? undefined : positiveDuration(options.interval, '--interval');
	const look = {
		theme: options.light ? 'light' : 'dark',
		offset: 0,
		width: whole(options.width, '--width', 600, 4000),
		isShare: false,
		hasPercentiles: false,
	} as const;
	const keep = options.keep === undefined ? undefined : whole(options.keep, '--keep', 1, 1e6);
	const history = createHistory({
		span: range,
		maxSeries: MOST_SERIES,
		maxBytes: byteSize(options['max-memory'], '--max-memory'),
		clock: Date.now,
	});
	const png = formats.includes('png') ? await pngRenderer(import.meta.filename) : undefined;
	mkdirSync(folder, { recursive: true });
	let isNew = false;

	const put = (name: string, svg: string, stamp: string) => {
		const stamps = options['create-latest'] ? [stamp, 'latest'] : [stamp];
		for (const format of formats) {
			const data = format === 'svg' ? `${svg}\n` : png!(svg);
			for (const one of stamps) {
				const path = join(folder, `${name}_${one}.${format}`);
				replaceFile(path, data, { mode: 0o644 });
				count('files');
				emit(path);
			}
		}
	};
	const write = () => {
		const newest = history.newest();
		isNew = false;
		if (newest === undefined) return log.warn('no records came, so there is nothing to draw');
		const charts = chartsOf(history, look.width);
		for (const remark of history.metrics().remarks) log.warn(remark);
		const stamp = stampOf(newest);
		const nameFor = createNames();
		for (const name of ['summary', 'aggregates']) nameFor(name);
		for (const chart of charts) put(nameFor(chart.metric), svgOf(chart, look), stamp);
		put('summary', summarySvg(charts, look), stamp);
		put('aggregates', aggregatesSvg(charts, look), stamp);
		if (keep === undefined) return;
		for (const file of outdated(readdirSync(folder), keep)) {
			rmSync(join(folder, file), { force: true });
			count('removed');
		}
	};
	const again = () => {
		try {
			if (isNew) write();
		} catch (error) {
			fail(error);
		}
	};
	const timer = interval === undefined ? undefined : setInterval(again, interval);
	const keeper = {
		...history,
		take: (record: Measure | Sample) => {
			const fault = history.take(record);
			isNew ||= fault === '';
			return fault;
		},
	};
	return {
		...keeping(keeper, { bad, count }),
		end: () => {
			clearInterval(timer);
			// A print that is cut short would be drawn as a whole one; it is read again.
			if (isReadAgain()) return;
			if (isNew || interval === undefined) write();
		},
	};
});
