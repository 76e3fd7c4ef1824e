/** Messages of D-Bus: a header and a body, to bytes and back (D-Bus Specification, Message Format). Pure. */
import {
  BusReader,
  type BusValue,
  BusWriter,
  padded,
  typesIn,
  type Variant,
} from './bus-values.ts';

/** A method of an object on the bus, with its arguments. */
export interface MethodCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** The types of `body`. */
  readonly signature?: string;
  readonly body?: readonly BusValue[];
}

/** What comes from the bus. Fields that its header does not have are empty. */
export interface Message {
  readonly kind: 'call' | 'return' | 'error' | 'signal';
  /** The serial number of the call that it answers. */
  readonly replySerial: number;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly errorName: string;
  readonly sender: string;
  readonly signature: string;
  readonly body: readonly BusValue[];
}

const KINDS: readonly (Message['kind'] | undefined)[] = [
  undefined,
  'call',
  'return',
  'error',
  'signal',
];
const METHOD_CALL = 1;
const VERSION = 1;
/** Header fields, by their codes. */
const FIELD = {
  ...{ path: 1, interface: 2, member: 3, errorName: 4, replySerial: 5 },
  ...{ destination: 6, sender: 7, signature: 8 },
} as const;
/** Up to the length of the header's fields. */
const FIXED_BYTES = 16;
/** A thousand units in one answer are a quarter of a megabyte. */
const LARGEST_BYTES = 16 << 20;
const LITTLE = 'l'.charCodeAt(0);
const BIG = 'B'.charCodeAt(0);

/** renderCall returns the bytes of a call; `serial` is not 0, and no other call's of the connection. */
export function renderCall(call: MethodCall, serial: number): Buffer {
  const { signature = '', body = [] } = call;
  const content = new BusWriter();
  for (const [place, type] of typesIn(signature).entries()) content.write(type, body[place] ?? '');
  const field = (code: number, type: string, value: string): BusValue => [
    code,
    { signature: type, value },
  ];
  const message = new BusWriter();
  for (const byte of [LITTLE, METHOD_CALL, 0, VERSION]) message.write('y', byte);
  message.write('u', content.bytes.length);
  message.write('u', serial);
  message.write('a(yv)', [
    field(FIELD.path, 'o', call.path),
    field(FIELD.interface, 's', call.interface),
    field(FIELD.member, 's', call.member),
    field(FIELD.destination, 's', call.destination),
    ...(signature === '' ? [] : [field(FIELD.signature, 'g', signature)]),
  ]);
  message.align(8);
  return Buffer.concat([message.bytes, content.bytes]);
}

function isLittleEndian(bytes: Buffer): boolean {
  if (bytes[0] === LITTLE) return true;
  if (bytes[0] === BIG) return false;
  throw new Error('what comes from the bus is no message of D-Bus');
}

/** lengthOfFirst returns the length of the message that `bytes` begin with; undefined: its header is not whole yet. Throws for no message. */
export function lengthOfFirst(bytes: Buffer): number | undefined {
  if (bytes.length < FIXED_BYTES) return undefined;
  const isLittle = isLittleEndian(bytes);
  const at = (place: number) => (isLittle ? bytes.readUInt32LE(place) : bytes.readUInt32BE(place));
  const length = padded(FIXED_BYTES + at(12), 8) + at(4);
  if (length > LARGEST_BYTES) throw new Error(`a message of ${length} bytes comes from the bus`);
  return length;
}

/** readMessage takes one whole message apart; throws for bytes that are none. */
export function readMessage(bytes: Buffer): Message {
  const isLittle = isLittleEndian(bytes);
  const kind = KINDS[bytes[1] ?? 0];
  if (kind === undefined) throw new Error(`a message of the unknown type ${bytes[1]}`);
  const reader = new BusReader(bytes, isLittle, FIXED_BYTES - 4);
  const fields = new Map(
    (reader.read('a(yv)') as readonly (readonly [number, Variant])[]).map(([code, { value }]) => [
      code,
      value,
    ]),
  );
  reader.align(8);
  const text = (code: number) => String(fields.get(code) ?? '');
  const signature = text(FIELD.signature);
  return {
    kind,
    replySerial: Number(fields.get(FIELD.replySerial) ?? 0),
    path: text(FIELD.path),
    interface: text(FIELD.interface),
    member: text(FIELD.member),
    errorName: text(FIELD.errorName),
    sender: text(FIELD.sender),
    signature,
    body: typesIn(signature).map((type) => reader.read(type)),
  };
}
