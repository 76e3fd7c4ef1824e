import { expect, test } from 'vitest';
import { readCorpus } from './corpus.ts';
import { Examiner } from './examine.ts';
import { decode, sameCall } from './judge-decoding.ts';
import { fromTagged } from './tagged-value.ts';

test.each(readCorpus().map((entry) => [entry.name, entry] as const))(
  'corpus: %s is read or refused as it says',
  (_, { body, expected }) => {
    const decoded = decode(body);
    if (expected.refused !== undefined) {
      expect(decoded).toMatchObject({ kind: 'refused' });
      expect(decoded.kind === 'refused' && decoded.reason).toContain(expected.refused);
      return;
    }
    const { method = '', params = [] } = expected;
    if (decoded.kind !== 'call') throw new Error(JSON.stringify(decoded));
    expect(sameCall(decoded.call, { method, params: params.map(fromTagged) })).toBe(true);
  },
);

test('corpus: nothing is wrong with any answer to it, from any caller, whatever the state of the node', async () => {
  const examiner = new Examiner();
  for (const { name, body } of readCorpus()) {
    expect([name, await examiner.examineEverywhere(body)]).toEqual([name, undefined]);
  }
});
