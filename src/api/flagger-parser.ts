import type { z } from 'zod';
import type { KubeObject } from '../lib/kube-object.ts';
import { jsonSchemaOf } from './json-schema.ts';
import type { Parsed } from './parse.ts';
import type { Problem } from './problem.ts';
import { shapeProblems } from './shape-problem.ts';

/**
 * Reads specs of a kind of Flagger's, whose CRD is not ours: what it knows and we do not stays unread. The answer is
 * remembered for each object, because objects in caches are looked at often and never change.
 */
export const flaggerParser = <Spec>(
  schema: z.ZodType<Spec>,
  /** What the schema cannot say. */
  problemsOf: (spec: Spec) => readonly Problem[],
): ((object: KubeObject) => Parsed<Spec>) => {
  const known = new WeakMap<KubeObject, Parsed<Spec>>();
  const parse = (object: KubeObject): Parsed<Spec> => {
    const { spec: value } = object;
    const parsed = schema.safeParse(value);
    if (!parsed.success) {
      const refused = { schema: jsonSchemaOf(schema), value, root: 'spec' };
      return { ok: false, problems: shapeProblems(parsed.error.issues, refused) };
    }
    const problems = problemsOf(parsed.data);
    return problems.length === 0 ? { ok: true, spec: parsed.data } : { ok: false, problems };
  };
  return (object) => {
    const parsed = known.get(object) ?? parse(object);
    known.set(object, parsed);
    return parsed;
  };
};
