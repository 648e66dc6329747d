// browser: a real Chromium, driven by playwright-core, and what a page did there that it should not have done

import { existsSync } from 'node:fs';
import {
	type Browser,
	type BrowserContext,
	type BrowserContextOptions,
	chromium,
	type Page,
} from 'playwright-core';
import { isRoot } from '../parts.ts';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const chromiumPath = (): string | undefined => PATHS.find((path) => existsSync(path));

/** Why there is no browser here, or ''. */
export const browserLacks = (): string =>
	chromiumPath() === undefined ? 'chromium not installed; npm run setup installs it' : '';

let browser: Browser | undefined;

export type Tab = {
	page: Page;
	context: BrowserContext;
	/** Errors on the console, exceptions, violations of the policy; whatever `expected` does not say. */
	faults: () => string[];
	close: () => Promise<void>;
};

/** A tab of its own, of a context of its own. Faults of these forms are expected. */
export const openTab = async (
	url: string,
	options: BrowserContextOptions = {},
	expected: RegExp[] = [],
): Promise<Tab> => {
	browser ??= await chromium.launch({
		executablePath: chromiumPath(),
		args: isRoot ? ['--no-sandbox'] : [],
	});
	const context = await browser.newContext({
		viewport: { width: 1440, height: 1000 },
		timezoneId: 'UTC',
		...options,
	});
	const page = await context.newPage();
	const seen: string[] = [];
	page.on('console', (message) => {
		if (message.type() === 'error' || message.type() === 'warning') seen.push(`console: ${message.text()}`);
	});
	page.on('pageerror', (error) => seen.push(`exception: ${error.stack}`));
	page.on('dialog', (dialog) => {
		seen.push(`dialog: ${dialog.message()}`);
		dialog.dismiss();
	});
	// The browser tells the page of violations; reports of Trusted Types come the same way.
	await page.addInitScript(
		"addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample))",
	);
	await page.goto(url);
	return {
		page,
		context,
		faults: () => seen.filter((one) => !expected.some((form) => form.test(one))),
		close: () => context.close(),
	};
};

export const closeBrowser = async (): Promise<void> => {
	await browser?.close();
	browser = undefined;
};
