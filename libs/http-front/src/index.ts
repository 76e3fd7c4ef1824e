/** What every HTTP server of ours does alike: judges heads, receives bodies, refuses, and ends connections. */
export { closeAfter, isOver, statusOf, textOf } from './close-with-status.ts';
export { type HeadRefusal, judgeCoding, judgeForm, type RequestHead } from './judge-head.ts';
export { receiveBody } from './receive-body.ts';
export { refuse, refuseInWords } from './refuse.ts';
export { type LingerBounds, untilQuiet } from './until-quiet.ts';
