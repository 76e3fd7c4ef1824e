/** Records, RSpecs, loans and the rules of a delivery: pure decisions, no I/O. */
export * from './amount-text.ts';
export * from './bounds.ts';
export * from './clock.ts';
export * from './guard.ts';
export * from './intent.ts';
export * from './leases.ts';
export * from './loans.ts';
export * from './plan-update.ts';
export * from './quantities.ts';
export * from './record.ts';
export * from './record-content.ts';
export * from './record-key.ts';
export * from './rspec.ts';
