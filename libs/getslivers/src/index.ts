/** GetSlivers, as PLC 4 and later answer it: the call out, what the answer says of a node in. Pure. */
export { NODE_AUTH_METHOD, signNodeCall } from './authenticate.ts';
export { CALL, type Complaint, complaintOf } from './call.ts';
export { condense, wantedOfAnswer } from './condense.ts';
export { type MappedAnswer, mapAnswer, type NodeSettings } from './map-answer.ts';
export { AMOUNT_TAGS, type AmountTag, SCRIPT_TEXT } from './tags.ts';
