import { admit, admitUpdate } from '../../api/admit.ts';
import { definitionOf } from '../../api/crd/definition.ts';
import { KINDS, type Kind, resourceOf } from '../../api/kinds.ts';
import { at } from '../../lib/json.ts';
import type { KindRules } from './admission.ts';
import { customResource, kindKeyOf, type ServedResource } from './resources.ts';
import { schemaShape } from './schema-shape.ts';
import { customShape, type Shape } from './shapes.ts';

/** Made on first use: most tests never write one of our kinds. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

const served = (kind: Kind): ServedResource => {
  const schema = once(() => at(definitionOf(kind), 'spec', 'versions', 0, 'schema', 'openAPIV3Schema'));
  return customResource(resourceOf(kind), { schema, shape: once((): Shape => customShape(schemaShape(schema()))) });
};

/** Our own kinds, served as their CustomResourceDefinitions would be. */
export const SERIN_RESOURCES: readonly ServedResource[] = KINDS.map(served);

/** Defaults and validation by the schemas and rules of `src/api`: the same that the CRDs hold. */
const serinRules: KindRules = {
  admit: (object, { old }) => {
    const admitted = old === undefined ? admit(object) : admitUpdate(object, old);
    if (admitted.ok) return { object: admitted.object };
    return { problems: admitted.problems.map(({ where, message }) => ({ field: where, message })) };
  },
};

/** By `kindKeyOf`. */
export const SERIN_RULES: Readonly<Record<string, KindRules>> = Object.fromEntries(
  SERIN_RESOURCES.map((resource) => [kindKeyOf(resource), serinRules]),
);
