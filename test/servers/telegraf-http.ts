// telegraf-http: Telegraf once more, following a file of records and sending them by remote write

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = join(
	process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
	'bpfpipe/telegraf-http-1.37.2/telegraf',
);
const LIMIT_MS = 120_000;

/** Why this Telegraf cannot be run here, or ''. */
export const telegrafWritesLacks = (): string =>
	existsSync(PROGRAM) ? '' : 'no Telegraf with HTTP output; npm run setup builds it';

const configFor = (file: string, url: string): string => `[agent]
  interval = "1s"
  flush_interval = "100ms"
  metric_batch_size = 2000
  metric_buffer_limit = 1000000
  omit_hostname = true
[[inputs.tail]]
  files = ["${file}"]
  initial_read_offset = "beginning"
  max_undelivered_lines = 20000
  path_tag = ""
  data_format = "json"
  json_time_key = "ts"
  json_time_format = "unix_ms"
  json_name_key = "metric"
  tag_keys = ["host", "attributes_comm"]
[[outputs.http]]
  url = "${url}"
  data_format = "prometheusremotewrite"
  [outputs.http.headers]
    Content-Type = "application/x-protobuf"
    Content-Encoding = "snappy"
    X-Prometheus-Remote-Write-Version = "0.1.0"
`;

/** Seconds from its start until `until` is over, and its answer; `until` is told whether Telegraf is. */
export const telegrafToRemoteWrite = async (
	file: string,
	url: string,
	until: (isOver: () => boolean) => Promise<number>,
): Promise<{ seconds: number; arrived: number }> => {
	const folder = mkdtempSync(join(tmpdir(), 'telegraf-http-'));
	writeFileSync(join(folder, 'conf'), configFor(file, url));
	const from = performance.now();
	const child = spawn(PROGRAM, ['--config', join(folder, 'conf')], { stdio: 'ignore' });
	const gone = once(child, 'exit');
	try {
		const isOver = () => child.exitCode !== null || performance.now() - from > LIMIT_MS;
		const arrived = await until(isOver);
		return { seconds: (performance.now() - from) / 1000, arrived };
	} finally {
		child.kill('SIGKILL');
		await gone;
		rmSync(folder, { recursive: true });
	}
};
