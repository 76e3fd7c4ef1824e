/** Rule 7 (DESIGN.md, section 3): no answer throws, and nobody's junk costs anybody a sliver. */
import { checkRecord } from '@nodemgr/records';
import type { XmlRpcStruct, XmlRpcValue } from '@nodemgr/xml-rpc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anAnswer, aSliver, SETTINGS } from './answer.test-support.ts';
import { condense } from './condense.ts';
import { mapAnswer } from './map-answer.ts';
import { AMOUNT_TAGS } from './tags.ts';

const { value: anything } = fc.letrec<{ value: XmlRpcValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 5 }), tie('value'), { maxKeys: 4 }),
  ),
}));
const amount = fc.oneof(fc.integer().map(String), fc.constantFrom('-1', '2b', '', '1e6', 'x'));
const tag = fc.oneof(
  anything,
  fc.record({ tagname: fc.constantFrom(...AMOUNT_TAGS.keys()), value: fc.oneof(amount, anything) }),
  fc.record({
    tagname: fc.constantFrom('initscript', 'initscript_code', 'delegations', 'vref', 'vsys'),
    value: anything,
  }),
);
const field = <T extends XmlRpcValue>(usual: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: usual as fc.Arbitrary<XmlRpcValue> }, anything);
const NAMES = ['site_a', 'site_b', 'pl_default'];
const neighbour: fc.Arbitrary<XmlRpcValue> = fc.oneof(
  anything,
  fc.record({
    name: field(fc.constantFrom(...NAMES)),
    slice_id: field(fc.nat()),
    instantiation: field(
      fc.constantFrom('plc-instantiated', 'delegated', 'nm-controller', 'not-instantiated'),
    ),
    expires: field(fc.nat()),
    keys: field(fc.array(anything, { maxLength: 3 })),
    attributes: field(fc.array(tag, { maxLength: 6 })),
    GetSliceFamily: anything,
  }),
);

test('no answer makes the mapper throw', () => {
  fc.assert(
    fc.property(anything, fc.dictionary(fc.string(), anything), (value, members) => {
      mapAnswer(value, SETTINGS);
      mapAnswer(anAnswer(members), SETTINGS);
      mapAnswer(condense(value), SETTINGS);
    }),
  );
});

test('a good sliver is never lost for bad neighbours, and every record is one', () => {
  const good = aSliver({ name: 'good_one' });
  fc.assert(
    fc.property(
      fc.array(neighbour, { maxLength: 5 }),
      fc.array(neighbour, { maxLength: 5 }),
      anything,
      anything,
      (before, after, initscripts, interfaces) => {
        const slivers = [...before, good, ...after];
        const lists = {
          initscripts: Array.isArray(initscripts) ? initscripts : [initscripts],
          interfaces: Array.isArray(interfaces) ? interfaces : [interfaces],
        };
        const mapped = mapAnswer(anAnswer({ ...lists, slivers }), SETTINGS);
        if (!mapped.ok) throw new Error(mapped.reason);
        const kept = mapped.records.find(({ record_key }) => record_key === 'sliver_good_one');
        expect(kept).toMatchObject({ id: 12, expiry: 1_900_000_000, plc_instantiated: true });
        for (const record of mapped.records) expect(checkRecord(record)).toEqual({ record });
        for (const remark of mapped.remarks) expect(remark.text).not.toMatch(/[\r\n]/);
      },
    ),
    { numRuns: 500 },
  );
});

test('what is kept of an answer says what the answer said', () => {
  fc.assert(
    fc.property(fc.array(neighbour, { maxLength: 5 }), (slivers) => {
      const answer: XmlRpcStruct = anAnswer({ slivers });
      const kept = JSON.parse(JSON.stringify(condense(answer))) as XmlRpcValue;
      expect(mapAnswer(kept, SETTINGS)).toEqual(mapAnswer(answer, SETTINGS));
    }),
  );
});
