#!/usr/bin/env node
// hollow-check - ask the server of a hollow-push whether it can be had, and what data sets it has
//
// usage:  hollow-check [-p URL] [--token-file FILE] [--timeout 5s]
// stdin:  not read        stdout: a line for the server and one for each data set
//
//   hollow-check -p http://localhost:7001
// prints
//   http://localhost:7001/api: status ok, 1 data sets
//   ebpf_metrics 20251121000000000
//
//   -p, --producer-url URL   http or https, with or without /api at its end (default http://localhost:7001);
//                            NODE_EXTRA_CA_CERTS=FILE in the environment adds an issuer to trust
//   --token-file FILE        a bearer token; or HOLLOW_TOKEN in the environment
//   -t, --auth-token TOKEN   the same, for everybody on this machine to see in the list of processes
//   --timeout D              how long a call may make no progress
//
// The exit is 69 when the server cannot be had, refuses the token, or is something else. Nothing is changed there.

import { CONNECTION } from './lib/hollow/rest/push/connection.ts';
import { printStatus } from './lib/hollow/rest/push/status.ts';
import { source } from './lib/source.ts';

source(import.meta, { options: CONNECTION }, printStatus);
