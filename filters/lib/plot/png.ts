// png: a picture as SVG made into PNG, with a font of our own so that no machine draws it in another way
// Without that font, the renderer would leave all text out and say nothing.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EXIT, Failure } from '../failure.ts';

const FONTS = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'];

/** Where our fonts lie, beside the bundle of the program `file`, or in dist/ when it runs from its sources. */
const fontsFor = (file: string): string[] => {
	const here = dirname(file);
	const folder = [join(here, 'fonts'), join(here, '..', 'dist', 'fonts')].find(existsSync);
	if (folder === undefined)
		throw new Failure(EXIT.unavailable, `PNG: no fonts beside ${here}; npm run build puts them there`);
	return FONTS.map((name) => join(folder, name));
};

/**
 * The renderer: SVG in, the bytes of a PNG file out; equal pictures give equal bytes.
 * @throws Failure(69) when its package, which is optional, or the font is not there.
 */
export const pngRenderer = async (file: string): Promise<(svg: string) => Uint8Array> => {
	const fontFiles = fontsFor(file);
	const { Resvg } = await import('@resvg/resvg-js').catch((error) => {
		const hint = 'npm install @resvg/resvg-js, or write SVG alone (--format svg)';
		throw new Failure(
			EXIT.unavailable,
			`PNG: @resvg/resvg-js cannot be had (${error.code ?? error.message}); ${hint}`,
		);
	});
	const font = { loadSystemFonts: false, fontFiles, defaultFontFamily: 'DejaVu Sans' };
	return (svg) => new Resvg(svg, { font }).render().asPng();
};
