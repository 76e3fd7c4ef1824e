// The xmlrpc package's client, driven by JSON lines (see ../typed-value.ts).
//
// usage: node npm-xmlrpc.mjs tcp PORT | unix PATH [UID]
import { createInterface } from 'node:readline';
import xmlrpc from 'xmlrpc';
import CustomType from 'xmlrpc/lib/customtype.js';

class Tagged extends CustomType {
  constructor(tagName, raw) {
    super(raw);
    this.tagName = tagName;
  }
}

const made = {
  array: (items) => items.map(toSend),
  struct: (members) =>
    Object.fromEntries(Object.entries(members).map(([name, member]) => [name, toSend(member)])),
  int: Number,
  double: Number,
  i8: (text) => new Tagged('i8', text),
  boolean: (text) => text === '1',
  nil: () => null,
  dateTime: (text) => new Tagged('dateTime.iso8601', text),
  base64: (text) => Buffer.from(text, 'base64'),
  string: (text) => text,
};

function toSend([type, value]) {
  return made[type](value);
}

const [kind, where, uid] = process.argv.slice(2);
if (uid !== undefined) {
  process.setgroups([]);
  process.setgid(Number(uid));
  process.setuid(Number(uid));
}
const place = kind === 'tcp' ? { host: '127.0.0.1', port: Number(where) } : { socketPath: where };
const client = xmlrpc.createClient({ ...place, path: '/RPC2' });

function answerTo({ method, typed }) {
  return new Promise((settle) => {
    client.methodCall(method, typed.map(toSend), (error, result) => {
      if (!error) settle({ result });
      else if (error.faultCode === undefined) settle({ error: String(error) });
      else settle({ fault: [error.faultCode, error.faultString] });
    });
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await answerTo(JSON.parse(line)).catch((error) => ({ error: String(error) }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
