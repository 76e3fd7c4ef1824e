/** A broker that logs in to a sliver many times at once. */
import { expect, test } from 'vitest';
import { theTestbed } from './the-node.ts';

const OTHER = 'lab_s02';
const node = theTestbed();

test('thirty logins at once are all let in', async () => {
  const logins = Array.from({ length: 30 }, () => node.in(OTHER, 'echo in'));
  expect((await Promise.all(logins)).map(({ code }) => code)).toEqual(logins.map(() => 0));
});
