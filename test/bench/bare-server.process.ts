/** The peer of the API: a bare node:http server that answers every request with the same bytes. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [socket = '', answer = ''] = process.argv.slice(2);
const bytes = readFileSync(answer);
const headers = { 'Content-Type': 'text/xml; charset=utf-8', 'Content-Length': bytes.length };

createServer((_, response) => {
  response.writeHead(200, headers);
  response.end(bytes);
}).listen(socket, () => process.send?.('listening'));
process.on('disconnect', () => process.exit(0));
