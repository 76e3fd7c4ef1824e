/** The peer of the API: a bare node:http server that answers every request with the same bytes. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

/** Where to listen (a path, or a port of 127.0.0.1), and the file with the bytes. */
const [place = '', answer = ''] = process.argv.slice(2);
const at = place.startsWith('/') ? { path: place } : { host: '127.0.0.1', port: Number(place) };
const bytes = readFileSync(answer);
const headers = { 'Content-Type': 'text/xml; charset=utf-8', 'Content-Length': bytes.length };

const server = createServer((_, response) => {
  response.writeHead(200, headers);
  response.end(bytes);
});
server.listen(at, () => process.send?.(server.address()));
process.on('disconnect', () => process.exit(0));
