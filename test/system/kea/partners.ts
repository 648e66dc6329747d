// Two Kea servers as partners of a hot standby, each behind its control agent: what kea-stats and the Kea tab say of them
// while one is alone, while both are well, while the one is gone, and when it is back.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../../harness/supervised.ts';
import { testWith } from '../../parts.ts';
import { outcome, start } from '../../program.ts';
import { browserLacks, closeBrowser, openTab } from '../../servers/browser.ts';
import { keaLacks, startControlAgent, startKea } from '../../servers/kea.ts';
import { freePort } from '../../servers/ports.ts';

const test = suite('system: partners of a hot standby');
test.after(closeBrowser);

const dir = mkdtempSync(join(tmpdir(), 'kea-partners-'));
test.after(() => rmSync(dir, { recursive: true, force: true }));

const ROLES = { a: 'primary', b: 'standby' } as const;
type Name = keyof typeof ROLES;

/** Both servers, of which none is started yet, and their agents, which are. */
const pair = async () => {
	const folders = { a: join(dir, 'a'), b: join(dir, 'b') };
	const agents = {
		a: await startControlAgent({ sockets: { dhcp4: join(folders.a, 'socket') } }),
		b: await startControlAgent({ sockets: { dhcp4: join(folders.b, 'socket') } }),
	};
	const begin = (own: Name) => {
		const relation = {
			'this-server-name': own,
			mode: 'hot-standby',
			'heartbeat-delay': 200,
			'max-response-delay': 400,
			'max-unacked-clients': 0,
			'multi-threading': { 'enable-multi-threading': false },
			peers: (['a', 'b'] as const).map((name) => ({
				name,
				url: `${agents[name].url}/`,
				role: ROLES[name],
			})),
		};
		const hooks = ['lease_cmds', { name: 'ha', parameters: { 'high-availability': [relation] } }];
		return startKea({ family: 4, hooks, folder: folders[own] });
	};
	return { begin, url: agents.a.url, end: () => Promise.all([agents.a.end(), agents.b.end()]) };
};

/** What asks the first of them through its agent, piped into the page; the states that hold, as each prints them. */
const watched = async (url: string) => {
	const address = `127.0.0.1:${await freePort()}`;
	const asking = start('kea-stats', ['--url', url, '-i', '200ms', '--timeout', '1s']);
	const server = start('serve', ['--listen', address]);
	const ends = [asking, server].map(outcome);
	let print: string[] = [];
	let rest = '';
	let states = '';
	server.stdin!.on('error', () => {});
	asking.stdout!.on('data', (piece) => {
		server.stdin!.write(piece);
		const lines = `${rest}${piece}`.split('\n');
		rest = lines.pop()!;
		for (const line of lines) {
			if (line.startsWith('#!ts')) {
				states = print.join(' · ');
				print = [];
			} else if (line.includes('"kea_ha_state"')) {
				const { attributes, value } = JSON.parse(line);
				if (value === 1) print.push(`HA ${attributes.peer} ${attributes.role} ${attributes.state}`);
			}
		}
	});
	await until('the page', () =>
		fetch(`http://${address}/`).then(
			({ ok }) => ok,
			() => false,
		),
	);
	return {
		address,
		states: () => states,
		end: async () => {
			for (const child of [asking, server]) child.kill('SIGTERM');
			await Promise.all(ends);
		},
	};
};

testWith(
	test,
	keaLacks() || browserLacks(),
	'alone, well, partner down, and well again: in the records of kea-stats, and in words on the Kea tab',
	async () => {
		const { begin, url, end } = await pair();
		const first = await begin('a');
		const seen = await watched(url);
		const tab = await openTab(`http://${seen.address}/#tab=kea&range=5m`);
		const isHeld = async (states: string) => {
			await until(states, () => seen.states() === states, 30_000).catch((error) => {
				throw new Error(`${error.message}: ${seen.states()}`);
			});
			const onPage = async () => (await tab.page.locator('.servers').innerText()).includes(`up · ${states}`);
			await until(`${states} on the page`, onPage, 15_000);
		};
		try {
			await isHeld('HA local primary partner-down · HA remote standby unavailable');
			const second = await begin('b');
			await isHeld('HA local primary hot-standby · HA remote standby hot-standby');
			await second.kill();
			await isHeld('HA local primary partner-down · HA remote standby unavailable');
			await second.restart();
			await isHeld('HA local primary hot-standby · HA remote standby hot-standby');
			assert.equal(tab.faults(), []);
			await second.end();
		} finally {
			await tab.close();
			await seen.end();
			await first.end();
			await end();
		}
	},
);

test.run();
