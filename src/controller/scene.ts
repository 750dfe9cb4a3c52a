import type { CanarySpec } from '../api/canary.ts';
import { SHADOW_LABEL } from '../api/names.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import type { RouteRef, Router } from '../traffic/router.ts';
import type { ConfigLookup } from '../workload/config-tracking.ts';
import { type CanaryIdentity, type Names, namesOf } from '../workload/names.ts';
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
};

/** Where the Canary's traffic passes. */
const routeOf = (canary: CanaryIdentity, names: Names): RouteRef => {
  const { spec } = canary;
  return {
    namespace: canary.namespace,
    service: names.apex,
    target: names.target,
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
  },
): Scene => {
  const { spec, view, router, configStates } = parts;
  const { namespace = '', name, uid = '' } = object.metadata;
  const shadow = object.metadata.labels?.[SHADOW_LABEL] === undefined ? {} : { shadow: true as const };
  const canary = { namespace, name, uid, spec, ...shadow };
  const names = namesOf(spec);
  const configs: ConfigLookup = (ref) => {
    const metadata = view.get({ apiVersion: 'v1', kind: ref.kind, namespace, name: ref.name });
    return metadata === undefined ? 'missing' : configStates.of(metadata);
  };
  return { object, canary, names, view, router, route: routeOf(canary, names), configs };
};
