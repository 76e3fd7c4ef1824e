/** A broker that logs in to a sliver many times at once. */
import { expect, test } from 'vitest';
import { run } from './machine/run-command.ts';
import { sshArguments } from './machine/ssh-door.ts';
import { theTestbed } from './the-node.ts';

const NAME = 'lab_s02';
/** For the greetings of thirty connections, each of which costs an emulated machine a second and more. */
const PATIENCE_SECONDS = 150;
const node = theTestbed();

test('thirty logins at once are all let in', async () => {
  const { sshPort: port } = node.place;
  const base = sshArguments({ user: NAME, port, keyFile: node.keys.tenant });
  const ssh = ['ssh', '-o', `ConnectTimeout=${PATIENCE_SECONDS}`, ...base, '-p', String(port)];
  const login = () => run([...ssh, `${NAME}@127.0.0.1`, 'echo in']);
  const logins = await Promise.all(Array.from({ length: 30 }, login));
  for (const { code, stdout, stderr } of logins)
    expect([code, stdout, stderr]).toEqual([0, 'in\n', '']);
});
