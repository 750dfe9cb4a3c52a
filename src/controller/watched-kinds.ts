import type { Provider } from '../api/provider.ts';
import { kindWord, RESOURCES } from '../kube/resources.ts';
import type { Resource } from '../lib/kube-object.ts';

/**
 * What becomes of Canaries when a kind cannot be read.
 * - `all`: nothing can be done for any of them, and the controller is not ready
 * - `some`: those that refer to it are Stalled
 * - `none`: they go on, without what `without` says
 */
type Need = { readonly need: 'all' | 'some' } | { readonly need: 'none'; readonly without: string };

/** A kind that the controller keeps in its caches, and how. */
export type Watched = Need & {
  readonly resource: Resource;
  readonly metadataOnly?: boolean;
  /** Watched as soon as a Canary is on this data plane, and not before: most clusters have none of these kinds. */
  readonly plane?: Provider;
  /** Watched as soon as a Canary names an object of it, or needs it otherwise, and not before. */
  readonly whenNamed?: true;
  /** Keeps `managedFields`: all, to name a foreign writer, or those of the status alone, to know what it tells. */
  readonly keepManagers?: true | 'status';
  /** Its status changes often and is no reason to look again: who needs it reads it when there is another. */
  readonly quietStatus?: true;
};

export const WATCHED = [
  { resource: RESOURCES.canary, need: 'all' },
  { resource: RESOURCES.canaryRun, need: 'all', metadataOnly: true, keepManagers: 'status' },
  {
    resource: RESOURCES.canaryAction,
    need: 'none',
    without: 'nobody can abort, promote, approve, pause or retry by a CanaryAction',
  },
  { resource: RESOURCES.analysisTemplate, need: 'some' },
  { resource: RESOURCES.clusterAnalysisTemplate, need: 'some' },
  { resource: RESOURCES.notificationProvider, need: 'some' },
  { resource: RESOURCES.repository, need: 'some' },
  { resource: RESOURCES.deployment, need: 'all', keepManagers: true },
  { resource: RESOURCES.daemonSet, need: 'some', whenNamed: true, keepManagers: true },
  { resource: RESOURCES.replicaSet, need: 'all' },
  { resource: RESOURCES.controllerRevision, need: 'all' },
  { resource: RESOURCES.pod, need: 'all' },
  { resource: RESOURCES.service, need: 'all', keepManagers: true },
  { resource: RESOURCES.endpointSlice, need: 'all' },
  { resource: RESOURCES.configMap, need: 'all', metadataOnly: true },
  { resource: RESOURCES.secret, need: 'all', metadataOnly: true },
  {
    resource: RESOURCES.namespace,
    need: 'none',
    without: 'that a namespace is being deleted is noticed by its objects',
    metadataOnly: true,
  },
  {
    resource: RESOURCES.networkPolicy,
    need: 'none',
    without: 'a take-over is not checked against network policies',
  },
  { resource: RESOURCES.ingress, need: 'some', keepManagers: true },
  {
    resource: RESOURCES.ingressClass,
    need: 'none',
    without: 'the class of an Ingress is not checked',
  },
  { resource: RESOURCES.httpRoute, need: 'some', keepManagers: true },
  {
    resource: RESOURCES.gateway,
    need: 'none',
    without: 'the implementation behind a route is known as soon as it has answered in the status of the route',
  },
  {
    resource: RESOURCES.gatewayClass,
    need: 'none',
    without: 'the implementation behind a route is known as soon as it has answered in the status of the route',
  },
  { resource: RESOURCES.virtualService, need: 'some', plane: 'istio', keepManagers: true },
  { resource: RESOURCES.destinationRule, need: 'some', plane: 'istio' },
  {
    resource: RESOURCES.istioGateway,
    plane: 'istio',
    need: 'none',
    without: 'the gateways of an Istio route are not checked',
  },
  {
    resource: RESOURCES.mesh,
    plane: 'appmesh',
    need: 'none',
    without: "the mesh of App Mesh's objects is not checked",
  },
  { resource: RESOURCES.virtualNode, need: 'some', plane: 'appmesh' },
  { resource: RESOURCES.virtualRouter, need: 'some', plane: 'appmesh', keepManagers: true },
  { resource: RESOURCES.appMeshVirtualService, need: 'some', plane: 'appmesh' },
  { resource: RESOURCES.routeTable, need: 'some', plane: 'gloo', keepManagers: true },
  { resource: RESOURCES.upstream, need: 'some', plane: 'gloo' },
  { resource: RESOURCES.horizontalPodAutoscaler, need: 'some', keepManagers: true, quietStatus: true },
  { resource: RESOURCES.scaledObject, need: 'some', whenNamed: true, keepManagers: true, quietStatus: true },
  {
    resource: RESOURCES.podDisruptionBudget,
    need: 'none',
    without: 'a primary that lacks labels of the target has no disruption budget of its own',
    whenNamed: true,
    quietStatus: true,
  },
  { resource: RESOURCES.alertProvider, need: 'some', whenNamed: true },
  { resource: RESOURCES.metricTemplate, need: 'some', whenNamed: true },
  {
    resource: RESOURCES.kustomization,
    need: 'none',
    without: 'the commit that Flux has applied is not told',
  },
] as const satisfies readonly Watched[];

/** A kind that the controller keeps in its caches. */
export type Kind = (typeof WATCHED)[number]['resource']['kind'];

/** What a Canary can want to be watched, beside what all need: its data plane, or a kind that it names. */
export type Wish = Provider | Extract<(typeof WATCHED)[number], { readonly whenNamed: true }>['resource']['kind'];

/** The wish that a kind is watched for; undefined for one that is watched in any case. */
export const wishOf = ({ plane, whenNamed, resource }: Watched): string | undefined =>
  plane ?? (whenNamed ? kindWord(resource) : undefined);
