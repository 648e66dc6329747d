// certificate: a key and a certificate for 127.0.0.1 that nobody knows

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Made in `folder`; `file` is where the certificate lies. Throws what openssl says. */
export const certificateIn = (folder: string): { key: string; cert: string; file: string } => {
	const [key, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
	const args = [
		'req',
		'-x509',
		'-newkey',
		'ec',
		'-pkeyopt',
		'ec_paramgen_curve:prime256v1',
		'-nodes',
		'-days',
		'2',
	];
	const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
	const { status, stderr } = spawnSync('openssl', [...args, ...name, '-keyout', key, '-out', file]);
	if (status !== 0) throw new Error(stderr.toString());
	return { key: readFileSync(key, 'utf8'), cert: readFileSync(file, 'utf8'), file };
};
