import { type CanarySpec, canarySpec } from '../api/canary.ts';
import type { AdoptedStatus } from '../api/canary-status.ts';
import { type Parsed, parseCanary } from '../api/parse.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { kindHeld, providerHeld } from '../rollout/taken-over.ts';

/** What a Canary that can't be read any more is looked at with while it gives everything back: nothing else counts then. */
const UNREADABLE: CanarySpec = canarySpec.parse({
  targetRef: { name: 'unknown' },
  service: { port: 80 },
  analysis: {},
});

const holding = (spec: CanarySpec, adopted: AdoptedStatus): CanarySpec => {
  const { target, service, routeRef, ingressRef } = adopted;
  const provider = providerHeld(adopted);
  const route =
    provider === 'istio'
      ? { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService' }
      : { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' };
  return {
    ...spec,
    targetRef: { ...spec.targetRef, kind: kindHeld(adopted), name: target ?? spec.targetRef.name },
    service: { ...spec.service, name: service },
    provider,
    routeRef: routeRef === undefined ? undefined : { ...route, name: routeRef },
    ingressRef:
      ingressRef === undefined ? undefined : { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: ingressRef },
  };
};

/**
 * The spec that a Canary is looked at with, or what is wrong with it. One that is deleted gives back what it has taken
 * over, whatever its spec says by now: a finalizer that hung would take the namespace with it.
 */
export const specOf = (object: KubeObject, adopted: AdoptedStatus | undefined): Parsed<CanarySpec> => {
  const parsed = parseCanary(object);
  if (object.metadata.deletionTimestamp === undefined || adopted?.target === undefined) return parsed;
  return { ok: true, spec: holding(parsed.ok ? parsed.spec : UNREADABLE, adopted) };
};
