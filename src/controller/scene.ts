import type { CanarySpec } from '../api/canary.ts';
import type { CanaryStatus } from '../api/canary-status.ts';
import { SHADOW_LABEL } from '../api/names.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import type { RouteRef, Router } from '../traffic/router.ts';
import type { ConfigLookup } from '../workload/config-tracking.ts';
import type { Around, NamedRevision } from '../workload/kinds/target-kind.ts';
import { type CanaryIdentity, type Names, namesOf } from '../workload/names.ts';
import { aroundIn } from './around.ts';
import type { ConfigStates } from './config-states.ts';
import type { View } from './view.ts';

/** One Canary and how to find everything that stands for it: what observing and performing share. */
export type Scene = {
  /** The Canary as the API server sent it. */
  readonly object: KubeObject;
  readonly canary: CanaryIdentity;
  readonly names: Names;
  readonly view: View;
  readonly router: Router;
  readonly route: RouteRef;
  readonly configs: ConfigLookup;
  readonly around: Around;
  readonly named: readonly NamedRevision[];
};

/** Where the Canary's traffic passes. */
const routeOf = (canary: CanaryIdentity, names: Names): RouteRef => {
  const { spec } = canary;
  return {
    namespace: canary.namespace,
    service: names.apex,
    target: names.base,
    port: spec.service.port,
    canaryUid: canary.uid,
    gatewayRefs: spec.service.gatewayRefs ?? [],
    hosts: spec.service.hosts ?? [],
    options: spec.service,
    ...(spec.routeRef === undefined ? {} : { routeRef: spec.routeRef }),
    ...(spec.upstreamRef === undefined ? {} : { upstreamRef: spec.upstreamRef }),
    ...(spec.ingressRef === undefined ? {} : { ingressRef: spec.ingressRef }),
  };
};

/** Sets the scene for one reconcile. */
export const sceneOf = (
  object: KubeObject,
  parts: {
    readonly spec: CanarySpec;
    readonly view: View;
    readonly router: Router;
    readonly configStates: ConfigStates;
    readonly status: CanaryStatus;
  },
): Scene => {
  const { spec, view, router, configStates, status } = parts;
  const { namespace = '', name, uid = '' } = object.metadata;
  const shadow = object.metadata.labels?.[SHADOW_LABEL] === undefined ? {} : { shadow: true as const };
  const canary = { namespace, name, uid, spec, ...shadow };
  const names = namesOf(spec);
  const configs: ConfigLookup = (ref) => {
    const metadata = view.get({ apiVersion: 'v1', kind: ref.kind, namespace, name: ref.name });
    return metadata === undefined ? 'missing' : configStates.of(metadata);
  };
  const { stable, run, desired, quarantine, history } = status;
  const named = [stable, run, desired, ...quarantine, ...history].filter((one) => one !== undefined);
  const around = aroundIn(view, namespace);
  return { object, canary, names, view, router, route: routeOf(canary, names), configs, around, named };
};
