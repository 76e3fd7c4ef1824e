import { describe, expect, test } from 'vitest';
import { DAEMONS, endpointsBelow, longestSocketPath, MAX_SOCKET_PATH } from './endpoints.ts';

describe('the endpoints of the bus', () => {
  const { operator, usage, ...bus } = endpointsBelow('/run/nodemgr');
  const others = [...Object.values(usage), ...Object.values(operator)];
  const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/'));

  test('have a folder for each trust level, so that file permissions decide who connects', () => {
    expect(folderOf(bus.feedChanges)).toBe(folderOf(bus.feedSnapshot));
    const folders = [bus.deliver, bus.write, bus.feedChanges, ...others].map(folderOf);
    expect(new Set(folders).size).toBe(folders.length);
  });

  test('give each daemon an operator socket', () => {
    expect(Object.keys(operator).sort()).toEqual([...DAEMONS].sort());
  });

  test('fit into a socket address below the installed runtime directory', () => {
    const longest = longestSocketPath('/run/nodemgr');
    expect([...Object.values(bus), ...others]).toContain(longest);
    expect(longest.length).toBeLessThanOrEqual(MAX_SOCKET_PATH);
  });
});
