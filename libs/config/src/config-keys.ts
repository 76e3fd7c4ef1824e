/** Describes the keys of nodemgr.toml from the schema that checks it, so that the two cannot differ. Pure. */
import * as z from 'zod';
import { configSchema } from './schema.ts';

export interface ConfigKey {
  /** Such as `plc.poll_seconds`; `delegates[].name` for what each table of an array holds. */
  readonly key: string;
  /** What is allowed, in words. */
  readonly allowed: string;
  /** JSON of the default; undefined when there is none. */
  readonly default: string | undefined;
  readonly required: boolean;
}

/**
 * Returns the schema of the part of JSON Schema that zod makes of our configuration. It is made when somebody asks for
 * keys or something is wrong, which most processes never see.
 */
function makeNodeSchema() {
  const nodeSchema = z.object({
    type: z.string().optional(),
    /** The schema's own words for what is allowed. */
    description: z.string().optional(),
    format: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    multipleOf: z.number().optional(),
    pattern: z.string().optional(),
    minItems: z.number().optional(),
    maxItems: z.number().optional(),
    get properties() {
      return z.record(z.string(), nodeSchema).optional();
    },
    get items() {
      return nodeSchema.optional();
    },
    required: z.array(z.string()).optional(),
    default: z.unknown().optional(),
  });
  return nodeSchema;
}
type Node = z.infer<ReturnType<typeof makeNodeSchema>>;

/** Bounds that only say what a safe integer is tell nobody anything. */
const bound = (value: number | undefined): string =>
  value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? '' : String(value);

/** '', '8 to 64', 'at least 8' or 'at most 64'. */
function boundsText(minimum: number | undefined, maximum: number | undefined): string {
  const least = bound(minimum);
  const most = bound(maximum);
  if (least !== '' && most !== '') return `${least} to ${most}`;
  if (least !== '') return `at least ${least}`;
  return most === '' ? '' : `at most ${most}`;
}

function numberText({ type = 'number', minimum, maximum, multipleOf }: Node): string {
  const step = multipleOf === undefined ? '' : `multiple of ${multipleOf}`;
  return [type, boundsText(minimum, maximum), step].filter((part) => part !== '').join(', ');
}

function listText({ items, minItems, maxItems }: Node): string {
  const count = boundsText(minItems, maxItems);
  return `list of ${count === '' ? '' : `${count}: `}${items ? allowedText(items) : 'values'}`;
}

function allowedText(node: Node): string {
  if (node.description !== undefined) return node.description;
  if (node.enum !== undefined) return node.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (node.type === 'array') return listText(node);
  if (node.type === 'integer' || node.type === 'number') return numberText(node);
  if (node.type === 'object') return 'table';
  if (node.format === 'starts_with') return 'absolute path';
  if (node.pattern !== undefined) return `string that matches ${node.pattern}`;
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

function rootNode(): Node {
  const schema: unknown = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
  return makeNodeSchema().parse(schema);
}

/** configKeys returns every key, in the order of the schema. */
export function configKeys(): readonly ConfigKey[] {
  return keysBelow(rootNode(), '');
}

type Path = readonly PropertyKey[];

/** nodeAt returns what the schema says of a key; undefined for one that it does not have. */
function nodeAt(path: Path): Node | undefined {
  return path.reduce<Node | undefined>(
    (node, step) => (typeof step === 'number' ? node?.items : node?.properties?.[String(step)]),
    rootNode(),
  );
}

/** wantsText tells what is allowed as the end of a complaint: 'wants an integer, 0 to 65535'. */
function wantsText(allowed: string): string {
  if (allowed.startsWith('"')) return `wants ${allowed.includes(' | ') ? 'one of ' : ''}${allowed}`;
  return `wants ${/^[aeio]/.test(allowed) ? 'an' : 'a'} ${allowed}`;
}

/** wantsAt tells what is allowed at `path`, such as ['api', 'tcp_port']. */
export function wantsAt(path: Path): string {
  const node = nodeAt(path);
  return wantsText(node === undefined ? 'value' : allowedText(node));
}

/** requiredBelow returns the keys that the table at `path` must have, and what each wants. */
export function requiredBelow(path: Path): readonly { key: string; wants: string }[] {
  return keysBelow(nodeAt(path) ?? {}, path.map(String).join('.'))
    .filter(({ required }) => required)
    .map(({ key, allowed }) => ({ key, wants: wantsText(allowed) }));
}
