import type { CanarySpec } from '../api/canary.ts';
import type { AdoptedStatus } from '../api/canary-status.ts';
import type { Problem } from '../api/problem.ts';
import { type Provider, providerNamed, providerOf } from '../api/provider.ts';
import type { TargetKindName } from '../api/target-kinds.ts';
import type { Observed } from './observed.ts';

type Held = Omit<AdoptedStatus, 'replicas' | 'scaledObject'> & { readonly target: string; readonly service: string };

/** The names by which a Canary finds what it holds. */
export const namesHeld = (spec: CanarySpec): Held => {
  const { targetRef, service, routeRef, ingressRef } = spec;
  const provider = providerOf(spec);
  return {
    kind: targetRef.kind,
    target: targetRef.name,
    service: service.name ?? targetRef.name,
    ...(provider === undefined ? {} : { provider }),
    ...(routeRef === undefined ? {} : { routeRef: routeRef.name }),
    ...(ingressRef === undefined ? {} : { ingressRef: ingressRef.name }),
  };
};

/** The data plane of what was taken over, also by a version that did not note it. */
export const providerHeld = ({ provider, ingressRef }: AdoptedStatus): Provider =>
  providerNamed(provider) ?? (ingressRef === undefined ? 'gatewayapi' : 'nginx');

/** The kind of target that was taken over, also by a version that knew one only. */
export const kindHeld = ({ kind }: AdoptedStatus): TargetKindName => kind ?? 'Deployment';

const FIELDS = {
  kind: 'spec.targetRef.kind',
  target: 'spec.targetRef.name',
  service: 'spec.service.name',
  provider: 'spec.provider',
  routeRef: 'spec.routeRef',
  ingressRef: 'spec.ingressRef',
} as const satisfies Record<keyof Held, string>;

const quoted = (name: string | undefined): string => (name === undefined ? 'none' : `"${name}"`);

/**
 * Names in the spec that were changed after the take-over. Following them would leave behind what is held under the old
 * ones, with its weights, and would scale down a workload that nobody has taken over.
 */
export const renamed = ({ canary, status }: Observed): readonly Problem[] => {
  const { adopted } = status;
  if (adopted?.target === undefined) return [];
  const asked = namesHeld(canary.spec);
  const held = { ...adopted, kind: kindHeld(adopted), provider: providerHeld(adopted) };
  return (['kind', 'target', 'service', 'provider', 'routeRef', 'ingressRef'] as const)
    .filter((name) => asked[name] !== held[name])
    .map((name) => ({
      where: FIELDS[name],
      message: `Found ${quoted(asked[name])}, but this Canary has taken over ${quoted(held[name])}: put that back, or delete this Canary, which gives everything back, and create another`,
      reason: 'InvalidSpec',
    }));
};
