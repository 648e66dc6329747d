// log-in-page: the form that asks for a name and a password; it needs no script

import { createHash } from 'node:crypto';
import type { Answer } from './answer.ts';

const STYLE = `:root{color-scheme:light dark;--page:#f4f6f8;--panel:#fff;--text:#131a22;--line:#d5dbe2;--link:#0b57c4;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--page:#0b0f14;--panel:#11161d;--text:#e7ecf2;--line:#27303b;--link:#8ab8ff;--bad:#ff6b6b}}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{width:min(20rem,calc(100% - 4rem));padding:1.5rem;border:1px solid var(--line);border-radius:8px;background:var(--panel)}
h1{margin:0 0 1rem;font-size:22px}
label{display:block;margin:.75rem 0 .25rem}
input{box-sizing:border-box;width:100%;min-height:44px;padding:.5rem;border:1px solid var(--line);border-radius:6px;background:var(--page);color:inherit;font:inherit}
button{width:100%;min-height:44px;margin-top:1.25rem;border:0;border-radius:6px;background:var(--link);color:var(--panel);font:inherit;font-weight:600}
p{color:var(--bad)}`;

const POLICY = [
	"default-src 'none'",
	`style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
	"form-action 'self'",
	"base-uri 'none'",
	"frame-ancestors 'none'",
].join('; ');

const HEADERS = {
	'Content-Type': 'text/html; charset=utf-8',
	'Content-Security-Policy': POLICY,
	'Cache-Control': 'no-store',
};

/** The form; `problem`, a sentence of ours, says why it comes again. */
export const logInPage = (problem: string): Answer => ({
	status: problem === '' ? 200 : 403,
	headers: HEADERS,
	bytes: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Log in - bpfpipe</title>
<style>${STYLE}</style>
<main>
<h1>bpfpipe</h1>
${problem === '' ? '' : `<p role="alert">${problem}</p>\n`}<form method="post" action="/log-in">
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Log in</button>
</form>
</main>
</html>
`,
});
