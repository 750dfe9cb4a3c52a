import type { z } from 'zod';
import { isRecord } from '../lib/json.ts';

/**
 * What `schema` can make of `stored` when the parts that it refuses are left out: a wrong optional field or list item
 * goes alone, a missing required field takes its parent along. Undefined when nothing is left. Never throws.
 */
export const salvage = <Output>(schema: z.ZodType<Output>, stored: unknown): Output | undefined => {
  let rest = stored;
  // Each round removes at least one node, so that it ends.
  while (rest !== undefined) {
    const parsed = schema.safeParse(rest);
    if (parsed.success) return parsed.data;
    rest = without(rest, parsed.error.issues[0]?.path ?? []);
  }
  return undefined;
};

/** A copy of `node` without what stands at `path`, or without its parent when nothing stands there. */
const without = (node: unknown, path: readonly PropertyKey[]): unknown => {
  const [step, ...deeper] = path;
  if (Array.isArray(node) && typeof step === 'number' && step in node) {
    const kept = without(node[step], deeper);
    return node.flatMap((item, index) => (index !== step ? [item] : kept === undefined ? [] : [kept]));
  }
  if (isRecord(node) && typeof step === 'string' && Object.hasOwn(node, step)) {
    const kept = without(node[step], deeper);
    const { [step]: _removed, ...others } = node;
    return kept === undefined ? others : { ...others, [step]: kept };
  }
  return undefined;
};
