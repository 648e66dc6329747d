// bench/parts/scraped: prom-client behind node:http, with as many histograms as wanted; /change counts one value more
// usage:  scraped PORT HISTOGRAMS BUCKETS

import { createServer } from 'node:http';
import { Histogram, Registry } from 'prom-client';

const [port, histograms, buckets] = process.argv.slice(2).map(Number) as [number, number, number];
const registers = [new Registry()];
const bounds = Array.from({ length: buckets + 1 }, (_, at) => 2 ** at - 1);
const histogram = new Histogram({
	name: 'lat',
	help: 'lat',
	labelNames: ['host', 'comm'],
	buckets: bounds,
	registers,
});
for (let one = 0; one < histograms; one++)
	for (const bound of bounds.slice(1)) histogram.observe({ host: 'web1', comm: `worker-${one}` }, bound);

createServer(async (request, response) => {
	if (request.url === '/change') {
		histogram.observe({ host: 'web1', comm: 'worker-0' }, 1);
		return void response.end();
	}
	response.setHeader('Content-Type', registers[0]!.contentType);
	response.end(await registers[0]!.metrics());
}).listen(port, '127.0.0.1', () => console.log('ready'));
