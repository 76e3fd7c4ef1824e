/** A call on the bus: a method with the schemas of its parameters and its result. */
import type { z } from 'zod';

export interface Method<Params = unknown, Result = unknown> {
  readonly params: z.ZodType<Params>;
  readonly result: z.ZodType<Result>;
}

/** A contract names the methods of one endpoint. Both ends check every body against it. */
export type Contract = Readonly<Record<string, Method>>;

export type ParamsOf<C extends Contract, M extends keyof C> =
  C[M] extends Method<infer Params, unknown> ? Params : never;
export type ResultOf<C extends Contract, M extends keyof C> =
  C[M] extends Method<unknown, infer Result> ? Result : never;

/** method makes one entry of a contract. */
export function method<Params, Result>(
  params: z.ZodType<Params>,
  result: z.ZodType<Result>,
): Method<Params, Result> {
  return { params, result };
}
