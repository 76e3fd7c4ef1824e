/** For tests: a process that is handed a listening socket as descriptor 3 and writes what it is. */
import { createServer } from 'node:net';
import { listen } from './listen.ts';

const server = createServer((socket) => socket.end('answered'));
void listen(server, { fd: 3 }, { backlog: 1024, keys: { path: '', port: '' } }).then(
  (listening) => {
    process.stdout.write(`${JSON.stringify(listening)}\n`);
  },
);
