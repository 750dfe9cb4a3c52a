import type { CanarySpec } from '../api/canary.ts';
import { type Provider, providerOf } from '../api/provider.ts';
import type { EventNote } from './decision.ts';
import type { Observed } from './observed.ts';
import { canaryName, canarySize, primaryName } from './sides.ts';
import { namesHeld } from './taken-over.ts';

/** A field that Serin holds and somebody else writes. */
export type Fought = {
  readonly kind: string;
  readonly name: string;
  /** JSON pointer, as Argo CD names fields. */
  readonly field:
    | '/spec/replicas'
    | '/spec/template/spec/nodeSelector'
    | '/spec/selector'
    | '/spec/rules'
    | '/spec/routes'
    | '/spec/http'
    | '/spec/tcp'
    | '/metadata/annotations'
    | '/spec/template'
    | '/spec';
};

/** Kind of the object that carries the weights, and where, by data plane. */
const CARRIERS = {
  gatewayapi: { kind: 'HTTPRoute', field: '/spec/rules' },
  istio: { kind: 'VirtualService', field: '/spec/http' },
  appmesh: { kind: 'VirtualRouter', field: '/spec/routes' },
  gloo: { kind: 'RouteTable', field: '/spec/routes' },
  nginx: { kind: 'Ingress', field: '/metadata/annotations' },
} as const satisfies Record<Provider, Omit<Fought, 'name'>>;

/** The object that carries the weights, and where. */
export const routeFought = (spec: CanarySpec): Fought => {
  const { ingressRef, routeRef, service } = spec;
  const provider = providerOf(spec) ?? 'gatewayapi';
  const isTcp = provider === 'istio' && service.appProtocol === 'tcp';
  const name = ingressRef === undefined ? (routeRef?.name ?? namesHeld(spec).service) : `${ingressRef.name}-canary`;
  return { ...CARRIERS[provider], name, ...(isTcp ? { field: '/spec/tcp' } : {}) };
};

/** Kubernetes' own, or KEDA. */
const isAutoscaler = (manager: string): boolean => /controller-manager|autoscaler|keda/i.test(manager);

/** The setting that ends a fight over a field, as the other side's manager calls it. */
export const remedy = (manager: string, { kind, name, field }: Fought): string => {
  if (/argo/i.test(manager)) return `add ${field} of ${kind} ${name} to ignoreDifferences of its Application`;
  if (field === '/spec/replicas') {
    return isAutoscaler(manager)
      ? `name the autoscaler in spec.autoscalerRef, so that it scales ${name}-primary`
      : 'leave spec.replicas out of the manifest';
  }
  if (field === '/spec/template/spec/nodeSelector') {
    return 'apply deploy/admission, or select nodes by affinity in the manifest and leave its nodeSelector out';
  }
  return /^(kustomize|helm)-controller$/.test(manager)
    ? `annotate ${kind} ${name} in Git with kustomize.toolkit.fluxcd.io/ssa: IfNotPresent`
    : `keep ${manager} from writing ${field} of ${kind} ${name}`;
};

/** What ends it where the autoscaler is named: it acts on a target only that has pods, or that it is not paused for. */
const endOfScaling = ({ autoscaler, canary }: Observed, manager: string): string => {
  const { kind, name } = canary.spec.targetRef;
  if (autoscaler === undefined || !isAutoscaler(manager)) {
    return remedy(manager, { kind, name, field: '/spec/replicas' });
  }
  return autoscaler.kind === 'ScaledObject'
    ? `leave the annotation autoscaling.keda.sh/paused-replicas of ScaledObject ${autoscaler.name} to Serin`
    : `leave spec.replicas out of the manifest: its autoscaler acts as soon as ${name} has a pod`;
};

const letOntoNodes = (manager: string, name: string): EventNote => {
  const end = remedy(manager, { kind: 'DaemonSet', name, field: '/spec/template/spec/nodeSelector' });
  const note = `${manager} let ${name} onto its nodes again by its nodeSelector; it goes back to none. To end this, ${end}`;
  return { reason: 'WorkloadDrift', note };
};

const scaled = (observed: Observed): readonly EventNote[] => {
  const { target, canary } = observed;
  const { name } = canary.spec.targetRef;
  if (target?.scaledBy === undefined || target.replicas === 0) return [];
  if (canary.spec.targetRef.kind === 'DaemonSet') return [letOntoNodes(target.scaledBy, name)];
  const end = endOfScaling(observed, target.scaledBy);
  const note = `${target.scaledBy} set the replicas of ${name} to ${target.replicas}; they go back to 0. To end this, ${end}`;
  return [{ reason: 'WorkloadDrift', note }];
};

const changed = (observed: Observed): readonly EventNote[] => {
  const { primary, side, canary } = observed;
  const sides = [
    { name: primaryName(observed), workload: primary },
    { name: canaryName(observed), workload: side },
  ];
  return sides.flatMap(({ name, workload }): readonly EventNote[] => {
    if (workload?.changedBy === undefined) return [];
    const note = `${workload.changedBy} changed the template of ${name}; it goes back to revision ${workload.revision}. Change ${canary.spec.targetRef.name} instead: what is changed there is judged`;
    return [{ reason: 'WorkloadDrift', note }];
  });
};

/** The canary's size follows from its share; the primary's is its users' own. */
const resized = (observed: Observed): readonly EventNote[] => {
  const { side, status } = observed;
  const { run } = status;
  if (side?.scaledBy === undefined || run === undefined || run.outcome !== undefined) return [];
  if (run.revision !== side.revision || side.replicas >= canarySize(observed, run)) return [];
  const note = `${side.scaledBy} set the replicas of ${canaryName(observed)} to ${side.replicas}, which is less than its share needs; they go up again`;
  return [{ reason: 'WorkloadDrift', note }];
};

const rescaled = ({ autoscaler }: Observed): readonly EventNote[] => {
  if (autoscaler?.changedBy === undefined) return [];
  const { kind, name, changedBy } = autoscaler;
  const note = `${changedBy} changed ${kind} ${name}-primary; it goes back. Change ${kind} ${name} instead, or spec.autoscalerRef`;
  return [{ reason: 'WorkloadDrift', note }];
};

const redirected = ({ services: { apex }, canary }: Observed): readonly EventNote[] => {
  if (apex === undefined || apex.current || apex.foreignManager === undefined) return [];
  const { service: name } = namesHeld(canary.spec);
  const end = remedy(apex.foreignManager, { kind: 'Service', name, field: '/spec/selector' });
  const note = `${apex.foreignManager} changed the selector of Service ${name}; it goes back to the primary. To end this, ${end}`;
  return [{ reason: 'RouteDrift', note }];
};

/** Who has written what Serin holds in the workloads and in the apex Service, all of which goes back. */
export const drifts = (observed: Observed): readonly EventNote[] => [
  ...scaled(observed),
  ...changed(observed),
  ...resized(observed),
  ...rescaled(observed),
  ...redirected(observed),
];
