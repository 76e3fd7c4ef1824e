/** Lists the keys of nodemgr.toml from the schema that checks it, so that the two cannot differ. Pure. */
import { configSchema } from '@nodemgr/config';
import { z } from 'zod';

export interface ConfigKey {
  /** Such as `plc.poll_seconds`; `delegates[].name` for what each table of an array holds. */
  readonly key: string;
  /** What is allowed, in words. */
  readonly allowed: string;
  /** JSON of the default; undefined when there is none. */
  readonly default: string | undefined;
  readonly required: boolean;
}

/** The part of JSON Schema that zod makes of our configuration. */
const nodeSchema = z.object({
  type: z.string().optional(),
  format: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  multipleOf: z.number().optional(),
  get properties() {
    return z.record(z.string(), nodeSchema).optional();
  },
  get items() {
    return nodeSchema.optional();
  },
  required: z.array(z.string()).optional(),
  default: z.unknown().optional(),
});
type Node = z.infer<typeof nodeSchema>;

/** Bounds that only say what a safe integer is tell nobody anything. */
const bound = (value: number | undefined): string =>
  value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? '' : String(value);

function rangeText({ minimum, maximum, multipleOf }: Node): string {
  const least = bound(minimum);
  const most = bound(maximum);
  const step = multipleOf === undefined ? '' : `, multiple of ${multipleOf}`;
  if (least === '' && most === '') return step;
  if (most === '') return `, at least ${least}${step}`;
  return least === '' ? `, at most ${most}${step}` : `, ${least} to ${most}${step}`;
}

function allowedText(node: Node): string {
  if (node.enum !== undefined) return node.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (node.type === 'array') return `list of ${node.items ? allowedText(node.items) : 'values'}`;
  if (node.type === 'integer' || node.type === 'number') return node.type + rangeText(node);
  if (node.format === 'starts_with') return 'absolute path';
  if (node.format === 'uri') return 'URL';
  return node.type ?? 'string';
}

function keysBelow(node: Node, prefix: string): readonly ConfigKey[] {
  const required = new Set(node.required);
  return Object.entries(node.properties ?? {}).flatMap(([name, inner]) => {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    if (inner.properties !== undefined) return keysBelow(inner, key);
    if (inner.items?.properties !== undefined) return keysBelow(inner.items, `${key}[]`);
    const fallback = inner.default === undefined ? undefined : JSON.stringify(inner.default);
    return [{ key, allowed: allowedText(inner), default: fallback, required: required.has(name) }];
  });
}

/** configKeys returns every key, in the order of the schema. */
export function configKeys(): readonly ConfigKey[] {
  const schema: unknown = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
  return keysBelow(nodeSchema.parse(schema), '');
}
