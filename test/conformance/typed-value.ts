/**
 * Values with the XML-RPC type that a client is to send them as: most clients' languages have fewer
 * types than XML-RPC, or guess. A value is [type, text], and of arrays and structs [type, values].
 */
export type TypedValue =
  | readonly [type: ScalarType, text: string]
  | readonly [type: 'array', items: readonly TypedValue[]]
  | readonly [type: 'struct', members: Readonly<Record<string, TypedValue>>];

export type ScalarType =
  | 'string'
  | 'int'
  | 'i8'
  | 'double'
  | 'boolean'
  | 'nil'
  | 'dateTime'
  | 'base64';

export const string = (text: string): TypedValue => ['string', text];
export const int = (value: number): TypedValue => ['int', String(value)];
export const array = (...items: readonly TypedValue[]): TypedValue => ['array', items];
export const struct = (members: Readonly<Record<string, TypedValue>>): TypedValue => [
  'struct',
  members,
];

/** loan makes one entry of SetLoans. */
export const loan = (recipient: string, resource: string, amount: number): TypedValue =>
  array(string(recipient), string(resource), int(amount));
