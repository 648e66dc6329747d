// etc/kea.yaml as it is run: a real Kea of each family, killed and started again, with every sink on, and on the page; no Kea;
// no Kea and no fallback; a user who may not.

import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, copyFileSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	ANSWERS,
	arrives,
	bpfpipe,
	documentsIn,
	FILE,
	MARKED,
	marksIn,
	recordsIn,
	type Service,
	SINKS,
	type Sinks,
	setting,
	settingsOf,
	whileUp,
	withSinks,
	withUp,
} from '../../harness/kea-world.ts';
import { leaveWorld, makeWorld, until, type World } from '../../harness/supervised.ts';
import { bpftraceLacks, testWith } from '../../parts.ts';
import { cleanEnv, ROOT, run } from '../../program.ts';
import { browserLacks, closeBrowser, openTab, type Tab } from '../../servers/browser.ts';
import { endJava, java, javaLacks } from '../../servers/java.ts';
import { type Family, type Kea, keaLacks, perfdhcp, startKea } from '../../servers/kea.ts';
import { freePort } from '../../servers/ports.ts';
import { startReceiver } from '../../servers/receiver.ts';

const test = suite('system: etc/kea.yaml');
const NOBODY = 65_534;
const LACK = keaLacks() || bpftraceLacks();
test.after(async () => {
	endJava();
	await closeBrowser();
});

test('it is in order, drawn, and each sink is off until it is set', async () => {
	const world = makeWorld();
	try {
		const [checked, drawn] = [await bpfpipe(world, 'check'), await bpfpipe(world, 'graph')];
		assert.equal([checked.status, checked.stderr], [0, '']);
		assert.is(drawn.status, 0, drawn.stderr);
		assert.match(drawn.stdout, /probes\*? \| append-log/);
		const all = {
			'json.folder': '/x',
			'pictures.folder': '/x',
			'hollow.folder': '/y',
			'push.url': 'http://a',
		};
		const more = {
			'graphite.uri': 'a:1',
			'alert.rules': join(ROOT, 'etc', 'alerts', 'kea.yml'),
			'dhcp6.program': 'kea-dhcp6',
		};
		const on = await bpfpipe(world, 'check', ...setting({ ...all, ...more }));
		assert.is(on.status, 0, on.stderr);
		for (const name of ['json', 'pictures', 'hollow', 'push', 'graphite', 'alert', 'collect6']) {
			assert.not.match(checked.stdout, new RegExp(`^${name}\\b(?!.*off)`, 'm'));
			assert.match(on.stdout, new RegExp(`^${name}\\b(?!.*off)`, 'm'));
		}
	} finally {
		await leaveWorld(world);
	}
});

/** A server whose program nobody else runs, and how often it was begun to be measured. */
const ownKea = async (world: World, family: Family) => {
	const name = `kea${family}-own-${process.pid}`;
	const program = join(world.dir, name);
	copyFileSync(`/usr/sbin/kea-dhcp${family}`, program);
	const kea = await startKea({ family, program });
	const log = () => {
		const path = join(world.dir, `kea-dhcp${family}.log`);
		return existsSync(path) ? readFileSync(path, 'utf8') : '';
	};
	const settings = { [`dhcp${family}.program`]: name, [`dhcp${family}.socket`]: kea.socket };
	return { kea, log, prints: () => log().split('#!start').length, settings };
};

/** So many exchanges, none of them lost. */
const exchange = async (kea: Kea, count: number) => {
	const { exchanges, text } = await perfdhcp(kea, { count, rate: count });
	const { sent, received } = exchanges[kea.family === 4 ? 'REQUEST-ACK' : 'REQUEST-REPLY']!;
	assert.equal([sent, received], [count, count], text);
};

/** The Kea tab of the page, in Chromium. */
const openKeaTab = async ({ page }: Sinks) => {
	const tab = await openTab(`http://${page}/#tab=kea&range=5m`);
	await tab.page.waitForSelector('.kea .panel >> visible=true');
	return tab;
};
const steps = async ({ page }: Tab): Promise<string[]> =>
	(await page.locator('.exchange .step').allInnerTexts()).map((one) => one.replace(/\s+/g, ' ').trim());
const wordsIn = async ({ page }: Tab, question: string): Promise<string> => {
	const panel = page.locator('.kea .panel', { has: page.locator('h2', { hasText: question }) });
	return (await panel.innerText()).replace(/\s+/g, ' ');
};
/** Wait until the exchange has these figures: of the probes, and of Kea since it began to be asked. */
const showsSteps = async (tab: Tab, wanted: string[]) => {
	let seen: string[] = [];
	const isSo = async () => {
		seen = await steps(tab);
		return JSON.stringify(seen) === JSON.stringify(wanted);
	};
	await until(wanted.join(', '), isSo, 30_000).catch((error) => {
		throw new Error(`${error.message}: ${JSON.stringify(seen)}`);
	});
};
const showsWords = async (tab: Tab, question: string, words: RegExp) => {
	let seen = '';
	const isSo = async () => {
		seen = await wordsIn(tab, question);
		return words.test(seen);
	};
	await until(String(words), isSo, 30_000).catch((error) => {
		throw new Error(`${error.message}: ${seen}`);
	});
};
const choose = (tab: Tab, service: Service) => tab.page.getByLabel('Service').selectOption(service);

/** The rules for Kea, in more of a hurry, and whoever is told by them: what came, as `NAME SERVICE STATUS`. */
const hurriedAlerts = async ({ dir }: World) => {
	const rules = join(dir, 'rules.yml');
	const text = readFileSync(join(ROOT, 'etc', 'alerts', 'kea.yml'), 'utf8');
	writeFileSync(rules, text.replace('interval: 15s', 'interval: 1s').replace('for: 1m', 'for: 1s'));
	const told: string[] = [];
	const hook = createServer(async (request, response) => {
		let body = '';
		for await (const piece of request) body += piece;
		const { alerts } = JSON.parse(body);
		for (const { labels, status } of alerts) told.push(`${labels.alertname} ${labels.service} ${status}`);
		response.end();
	});
	const port = await freePort();
	await new Promise<void>((resolve) => hook.listen(port, '127.0.0.1', resolve));
	const settings = { 'alert.rules': rules, 'alert.webhook': `http://127.0.0.1:${port}/` };
	return { settings, told, end: () => hook.close() };
};

/** Java's consumer in the published folder: what it has of the answers, at the version of now. */
const consumerIn = (folder: string) => {
	const consumer = java('Consume', folder);
	return {
		answers: async (service: Service): Promise<number> => {
			consumer.say(readFileSync(join(folder, 'announced.version'), 'utf8').trim());
			const lines = await consumer.upTo('.');
			const line = lines.find((one) => one.includes(`\tpackets{${ANSWERS[service]}}\t`));
			return Number(line?.split('\t')[3]);
		},
		end: consumer.end,
	};
};

/** The versions that a folder of blobs has had. */
const versionsIn = async (folder: string): Promise<string[]> =>
	[...(await run('hollow-history', [folder])).stdout.matchAll(/\b(\d{17})\b/g)].map(
		([, version]) => version!,
	);

testWith(
	test,
	LACK || browserLacks() || javaLacks(),
	'a real Kea of each family, one killed and started again, a receiver away for a while: every sink, the page and Java have what perfdhcp counted, and nothing is made up',
	() =>
		withSinks(async (sinks) => {
			const { world } = sinks;
			const [four, six] = [await ownKea(world, 4), await ownKea(world, 6)];
			const alerts = await hurriedAlerts(world);
			try {
				const settings = { ...settingsOf(sinks), ...four.settings, ...six.settings, ...alerts.settings };
				await withUp(world, setting(settings), async () => {
					await until('the probes', () => four.prints() > 1 && six.prints() > 1, 60_000);
					await Promise.all([exchange(four.kea, 40), exchange(six.kea, 30)]);
					await arrives(sinks, { dhcp4: 40, dhcp6: 30 });
					const consumer = consumerIn(join(world.dir, 'hollow'));
					assert.equal([await consumer.answers('dhcp4'), await consumer.answers('dhcp6')], [40, 30]);
					const tab = await openKeaTab(sinks);
					const figures = (names: string[], count: number) =>
						names.map((name) => `${name} ${count} Kea: ${count}`);
					await showsSteps(tab, figures(['DISCOVER', 'OFFER', 'REQUEST', 'ACK'], 40));
					await choose(tab, 'dhcp6');
					await showsSteps(tab, figures(['SOLICIT', 'ADVERTISE', 'REQUEST', 'REPLY'], 30));
					await choose(tab, 'dhcp4');

					await sinks.receiver.end();
					await Promise.all([exchange(four.kea, 10), exchange(six.kea, 5)]);
					const others = SINKS.filter((name) => name !== 'push');
					const counts = { dhcp4: 50, dhcp6: 35 };
					const seen = await arrives(sinks, counts, counts, others);
					assert.equal(seen.push, { dhcp4: 40, dhcp6: 30 });
					const isTold = async () =>
						/^push +hollow-push .*ECONNREFUSED|refused/m.test((await bpfpipe(world, 'status')).stdout);
					await until('status to tell of the receiver', isTold, 30_000);
					sinks.receiver = await startReceiver([join(world.dir, 'received')], sinks.receiver.port);

					await four.kea.kill();
					await showsWords(tab, 'How full are the pools', / away /);
					await until('an alert', () => alerts.told.includes('KeaDown dhcp4 firing'), 30_000);
					await four.kea.restart();
					await until('a gap', () => four.log().includes('"kind":"gap"'), 30_000);
					const before = four.prints();
					await until('probes on the new one', () => four.prints() > before, 30_000);
					await exchange(four.kea, 30);
					await arrives(sinks, { dhcp4: 30, dhcp6: 35 }, { dhcp4: 80, dhcp6: 35 });
					await showsSteps(tab, figures(['DISCOVER', 'OFFER', 'REQUEST', 'ACK'], 80));
					await showsWords(tab, 'How full are the pools', / up /);
					await showsWords(tab, 'Data quality', /gap A program was not measured for a while\./);
					assert.equal([await consumer.answers('dhcp4'), await consumer.answers('dhcp6')], [30, 35]);
					await consumer.end();
					await until('its end', () => alerts.told.includes('KeaDown dhcp4 resolved'), 30_000);
					assert.not.ok(
						alerts.told.some((one) => /dhcp6|Synthetic/.test(one)),
						String(alerts.told),
					);
					// Each state that was published here has been pushed too, also what was while nobody took it; the two begin and
					// end each for itself.
					const [own, pushed] = [
						await versionsIn(join(world.dir, 'hollow')),
						await versionsIn(join(world.dir, 'received', 'ebpf_metrics')),
					];
					assert.ok(own.length > 10);
					assert.equal(
						own.filter((one) => !pushed.includes(one) && one > pushed[0]! && one < pushed.at(-1)!),
						[],
					);
					assert.is((await four.kea.statistics())['pkt4-ack-sent'], 30);
					const status = await bpfpipe(world, 'status');
					assert.is(status.status, 0, status.stdout);
					assert.equal(await marksIn(sinks), Object.fromEntries(MARKED.map((where) => [where, false])));
					assert.not.match(await tab.page.locator('body').innerText(), /SAMPLE DATA/);
					assert.equal(tab.faults(), []);
					await tab.close();
				});
				const lives = new Map<number, number>();
				for (const { metric, attributes, start: since, value } of recordsIn(world, 'kea-dhcp4.ndjson'))
					if (metric === 'packets' && attributes.message === 'ACK')
						lives.set(Number(since), Math.max(lives.get(Number(since)) ?? 0, Number(value)));
				assert.equal([...lives.values()], [50, 30]);
				const up = recordsIn(world, 'kea-stats4.ndjson').filter(({ metric }) => metric === 'kea_up');
				assert.equal([...new Set(up.map(({ value }) => value))], [1, 0]);
				assert.is(up.at(-1)!.value, 1);
				const replies = recordsIn(world, 'kea-stats6.ndjson').filter(
					({ metric, attributes }) => metric === 'kea_packets' && attributes.message === 'reply',
				);
				assert.is(replies.at(-1)!.value, 35);
			} finally {
				alerts.end();
				await four.kea.end();
				await six.kea.end();
			}
		}),
);

const NO_KEA = { 'dhcp4.program': `kea-nobody-${process.pid}`, 'dhcp4.socket': '/nonexistent/socket' };

test('no Kea: a recording plays, and every sink says that it is one', () =>
	withSinks(async (sinks) => {
		const rules = { 'alert.rules': join(ROOT, 'etc', 'alerts', 'kea.yml') };
		await withUp(
			sinks.world,
			setting({ ...settingsOf(sinks), ...NO_KEA, ...rules, retry: '9s' }),
			async (said) => {
				const alerts = join(sinks.world.dir, 'kea.alerts.ndjson');
				const fires = /"alert":"KeaSyntheticData","state":"firing"/;
				const isMarked = async () => {
					const marks = await marksIn(sinks).catch(() => ({}) as Record<string, boolean>);
					return MARKED.every((where) => marks[where]);
				};
				await until('marks everywhere', isMarked, 60_000);
				await until('an alert', () => existsSync(alerts) && fires.test(readFileSync(alerts, 'utf8')), 60_000);
				// While bpftrace is tried again, too, which is one time in ten.
				const asked = [];
				for (let count = 0; count < 12; count += 1) asked.push(await bpfpipe(sinks.world, 'status'));
				assert.equal([...new Set(asked.map(({ status }) => status))], [69]);
				assert.ok(asked.some(({ stdout }) => /fallback, synthetic/.test(stdout)));
				assert.match(said(), /"replay" runs in its place, marked synthetic\. For real figures start Kea/);
			},
		);
		// Whatever was measured of no Kea is that there is none; all else has the mark.
		const played = recordsIn(sinks.world, 'kea-dhcp4.ndjson').filter(({ metric }) => metric === 'packets');
		assert.ok(played.length > 0);
		assert.ok(played.every((record) => record.synthetic === true));
		// It goes on behind each try: one lap of the recording, or two where its end lies within.
		assert.ok(new Set(played.map(({ start: since }) => since)).size <= 2);
		const documents = documentsIn(join(sinks.world.dir, 'json')).map((text) => JSON.parse(text));
		for (const { metadata, metrics } of documents)
			if (Object.keys(metrics).some((title) => title.startsWith('Packet Processing')))
				assert.is(metadata.synthetic, true);
		const lines = sinks.carbon.lines().filter((line) => / \d+$/.test(line) && !line.includes('.kea_up'));
		assert.ok(lines.length > 0);
		assert.equal(lines.filter((line) => !/^(?:kea\.)?synthetic\./.test(line)).slice(0, 3), []);
	}));

/** `up` as a user who may do little, of a copy that such a one can read. */
const upAsNobody = ({ dir, env }: World, args: string[]): ChildProcess => {
	const app = join(dir, 'app');
	for (const name of ['dist', 'etc', 'bpftrace', 'node_modules/@resvg'])
		cpSync(join(ROOT, name), join(app, name), { recursive: true });
	chownSync(dir, NOBODY, NOBODY);
	const line = [join(app, 'dist', 'bpfpipe.cjs'), 'up', join(app, 'etc', 'kea.yaml'), ...args];
	return spawn(process.execPath, line, {
		uid: NOBODY,
		gid: NOBODY,
		cwd: dir,
		env: cleanEnv(env),
		stdio: 'pipe',
	});
};

testWith(
	test,
	LACK || browserLacks(),
	'a user who may not: a recording plays and says so, on the page and in status; for root it is real, and what was played keeps its mark',
	() =>
		withSinks(async (sinks) => {
			const { world } = sinks;
			const four = await ownKea(world, 4);
			const args = setting({ ...settingsOf(sinks), ...four.settings, retry: '9s' });
			const banner = (tab: Tab) => tab.page.locator('.banners').innerText();
			const status = async (file = FILE) => (await run('bpfpipe', ['status', file], '', world.env)).stdout;
			try {
				let tab: Tab | undefined;
				await whileUp(world, upAsNobody(world, args), async (said) => {
					await until(
						'the fallback',
						() => /"replay" runs in its place, marked synthetic/.test(said()),
						30_000,
					);
					await until('the page', () =>
						fetch(`http://${sinks.page}/health`).then(
							() => true,
							() => false,
						),
					);
					tab = await openTab(`http://${sinks.page}/#tab=kea&range=5m`);
					await tab.page.waitForSelector('.exchange .step >> visible=true');
					await exchange(four.kea, 20);
					const isMarked = async () => {
						const marks = await marksIn(sinks).catch(() => ({}) as Record<string, boolean>);
						return MARKED.every((where) => marks[where]);
					};
					await until('marks everywhere', isMarked, 60_000);
					await until('the page to say so', async () => /(?<!PARTLY )SAMPLE DATA/.test(await banner(tab!)));
					let seen = '';
					const isTold = async () => {
						seen = await status(join(world.dir, 'app', 'etc', 'kea.yaml'));
						return [
							/^collect4 +probes .*fallback, synthetic; died .*: exit code 77, .*not permitted; start this as root/m,
							/^statistics4 +kea-stats .*exit code 77, .*permission denied/m,
						].every((words) => words.test(seen));
					};
					await until('status to say so', isTold).catch((error) => {
						throw new Error(`${error.message}: ${seen}`);
					});
				});
				const isProbed = () =>
					recordsIn(world, 'kea-dhcp4.ndjson').some(
						({ type, synthetic }) => type === 'sum' && synthetic !== true,
					);
				const played = () =>
					recordsIn(world, 'kea-dhcp4.ndjson').filter(({ metric }) => metric === 'packets');
				assert.ok(played().length > 0);
				assert.equal(
					played().filter((one) => one.synthetic !== true),
					[],
				);
				// Whoever started it learns of that, and starts it again as root: where it was, with all that it had kept.
				await withUp(world, args, async () => {
					await until('the probes', isProbed, 60_000);
					await exchange(four.kea, 25);
					await arrives(sinks, { dhcp4: 25 });
					await until('the page to tell the two apart', async () =>
						/PARTLY SAMPLE DATA/.test(await banner(tab!)),
					);
					await showsWords(tab!, 'How full are the pools', / up /);
					await until(
						'a status that is well',
						async () => (await bpfpipe(world, 'status')).status === 0,
						40_000,
					);
					assert.not.match(await status(), /synthetic/);
					await tab!.close();
				});
				// No packet of those that came while nobody could look is anywhere, and no other is without its mark.
				const real = played().filter((one) => one.synthetic !== true);
				assert.is(Math.max(...real.map(({ value }) => Number(value))), 25);
				const sent = sinks.carbon.lines().filter((line) => /\.packets\..*ACK (\d+) \d+$/.test(line));
				const isMarkedLine = (line: string) => /^kea\.synthetic\./.test(line);
				const unmarked = sent
					.filter((line) => !isMarkedLine(line))
					.map((line) => / (\d+) \d+$/.exec(line)![1]);
				assert.ok(sent.some(isMarkedLine));
				assert.is(Math.max(...unmarked.map(Number)), 25);
			} finally {
				await four.kea.end();
			}
		}),
);

test('no Kea and --no-fallback: nothing is played, and status says why', () =>
	withSinks(async (sinks) => {
		const args = ['--no-fallback', ...setting({ ...settingsOf(sinks), ...NO_KEA })];
		await withUp(sinks.world, args, async (said) => {
			const asks = async () => (await bpfpipe(sinks.world, 'status')).stdout;
			await until(
				'the reason',
				async () => /no process runs kea-nobody/.test(said() + (await asks())),
				30_000,
			);
			const isUnwell = async () => (await bpfpipe(sinks.world, 'status')).status === 69;
			await until('a status that says so', isUnwell, 60_000);
			assert.not.match(await asks(), /synthetic/);
		});
		const log = join(sinks.world.dir, 'kea-dhcp4.log');
		assert.is(existsSync(log) ? readFileSync(log, 'utf8').replace(/^#!.*\n|^\n/gm, '') : '', '');
		assert.not.match(documentsIn(join(sinks.world.dir, 'json')).join(''), /synthetic|Packet/);
		assert.not.match(sinks.carbon.text(), /synthetic|packet/);
	}));

test.run();
