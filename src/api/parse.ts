import type { z } from 'zod';
import type { KubeObject } from '../lib/kube-object.ts';
import { type AnalysisTemplateSpec, analysisTemplateSpec } from './analysis-template.ts';
import { type CanarySpec, canarySpec } from './canary.ts';
import { type CanaryActionSpec, canaryActionSpec } from './canary-action.ts';
import { kindNamed } from './kinds.ts';
import { type NotificationProviderSpec, notificationProviderSpec } from './notification-provider.ts';
import type { Problem } from './problem.ts';
import { type RepositorySpec, repositorySpec } from './repository.ts';
import { validateSpec } from './validate.ts';

/** The spec of a stored object, or what a person must put right in it: the sentences of the `Stalled` condition. */
export type Parsed<Spec> =
  | { readonly ok: true; readonly spec: Spec }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Holds a stored spec against the schema and the rules of its kind, also where the cluster has not done so. The answer is
 * remembered for each object, because objects in caches are looked at often and never change.
 */
const parser = <Spec>(kindName: string, schema: z.ZodType<Spec>): ((object: KubeObject) => Parsed<Spec>) => {
  const known = new WeakMap<KubeObject, Parsed<Spec>>();
  const parse = (object: KubeObject): Parsed<Spec> => {
    const kind = kindNamed(kindName);
    if (kind === undefined) throw new TypeError(`Cannot parse ${kindName}: it is none of our kinds`);
    const validated = validateSpec(kind, object['spec']);
    return validated.ok ? { ok: true, spec: schema.parse(validated.spec) } : validated;
  };
  return (object) => {
    const parsed = known.get(object) ?? parse(object);
    known.set(object, parsed);
    return parsed;
  };
};

export const parseCanaryAction: (object: KubeObject) => Parsed<CanaryActionSpec> = parser(
  'CanaryAction',
  canaryActionSpec,
);

export const parseCanary: (object: KubeObject) => Parsed<CanarySpec> = parser('Canary', canarySpec);

/** Also for ClusterAnalysisTemplate. */
export const parseAnalysisTemplate: (object: KubeObject) => Parsed<AnalysisTemplateSpec> = parser(
  'AnalysisTemplate',
  analysisTemplateSpec,
);

export const parseNotificationProvider: (object: KubeObject) => Parsed<NotificationProviderSpec> = parser(
  'NotificationProvider',
  notificationProviderSpec,
);

export const parseRepository: (object: KubeObject) => Parsed<RepositorySpec> = parser('Repository', repositorySpec);
