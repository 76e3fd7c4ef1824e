/** A broker that logs in to a sliver many times at once. */
import { expect, test } from 'vitest';
import { SshDoor } from './machine/ssh-door.ts';
import { theTestbed } from './the-node.ts';

const NAME = 'lab_s02';
/** For the greetings of thirty connections, each of which costs an emulated machine a second and more. */
const CONNECT_SECONDS = 150;
const node = theTestbed();

test('thirty logins at once are all let in', async () => {
  const door = new SshDoor({
    user: NAME,
    port: node.place.sshPort,
    keyFile: node.keys.tenant,
    connectSeconds: CONNECT_SECONDS,
  });
  const logins = await Promise.all(Array.from({ length: 30 }, () => door.run(['echo', 'in'])));
  for (const { code, stdout, stderr } of logins)
    expect([code, stdout, stderr]).toEqual([0, 'in\n', '']);
});
