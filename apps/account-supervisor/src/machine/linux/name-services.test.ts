import { expect, test } from 'vitest';
import { NameServices, type ServiceUser } from './name-services.ts';

const CAROL: ServiceUser = { name: 'carol', uid: 30_000 };
const LOCAL: ServiceUser = { name: 'site_a', uid: 30_001 };
const MINUTE = 60_000;

/** A directory with these users; `local` is in passwd as well. */
function aDirectory(users: ServiceUser[]) {
  const asked: (readonly string[])[] = [];
  const world = { now: 0, isDown: false, local: [LOCAL], meanwhile: () => {} };
  const services = new NameServices(
    async (keys) => {
      asked.push(keys);
      if (world.isDown) throw new Error('the name services do not answer');
      const all = [...world.local, ...users];
      world.meanwhile();
      return all.filter(({ name, uid }) => keys.includes(name) || keys.includes(`${uid}`));
    },
    async () => {
      const { local } = world;
      return ({ name }) => local.some((user) => user.name === name);
    },
    () => world.now,
  );
  return { services, asked, world, users };
}

test('who is found is remembered, and local users are not among them', async () => {
  const { services, asked } = aDirectory([CAROL]);
  await services.find(['site_a', '30000', '30001']);
  expect(services.known).toEqual([CAROL]);
  await services.find(['site_b', '30000']);
  expect(services.known).toEqual([CAROL]);
  expect(asked).toHaveLength(2);
});

test('a local user that is deleted during the question is not taken for a name service’s', async () => {
  const { services, world } = aDirectory([]);
  world.meanwhile = () => {
    world.local = [];
  };
  await services.find(['30001']);
  expect(services.known).toEqual([]);
});

test('accounts that ask while an answer is awaited share the next question', async () => {
  const { services, asked, world } = aDirectory([CAROL]);
  const later: Promise<void>[] = [];
  world.meanwhile = () => {
    world.meanwhile = () => {};
    later.push(services.find(['site_c', '30003']), services.find(['site_d', '30000']));
  };
  await services.find(['site_b', '30002']);
  await Promise.all(later);
  expect(asked).toEqual([
    ['site_b', '30002'],
    ['site_c', '30003', 'site_d', '30000'],
  ]);
  expect(services.known).toEqual([CAROL]);
});

test('those who are remembered are asked for again once a minute, by one question for all', async () => {
  const { services, asked, world, users } = aDirectory([CAROL, { name: 'dave', uid: 30_002 }]);
  await services.find(['site_b', '30000', '30002']);
  for (let look = 0; look < 10; look += 1) await services.refresh();
  expect(asked).toHaveLength(1);
  users.shift();
  world.now += MINUTE;
  for (let look = 0; look < 10; look += 1) await services.refresh();
  expect(asked).toHaveLength(2);
  expect(services.known).toEqual([{ name: 'dave', uid: 30_002 }]);
});

test('where nobody was found nothing is asked again', async () => {
  const { services, asked, world } = aDirectory([]);
  await services.find(['site_b', '30000']);
  world.now += MINUTE;
  await services.refresh();
  expect(asked).toHaveLength(1);
});

test('a directory that does not answer fails the question, and nobody is forgotten', async () => {
  const { services, world } = aDirectory([CAROL]);
  await services.find(['30000']);
  world.isDown = true;
  world.now += MINUTE;
  await services.refresh();
  expect(services.known).toEqual([CAROL]);
  await expect(services.find(['30000'])).rejects.toThrow('do not answer');
});
