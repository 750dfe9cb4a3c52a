import { resolveMetrics } from '../analysis/resolve-metrics.ts';
import type { CanarySpec } from '../api/canary.ts';
import type { CanaryStatus } from '../api/canary-status.ts';
import { FINALIZER, SHADOW_LABEL } from '../api/names.ts';
import { parseCanary } from '../api/parse.ts';
import type { Problem } from '../api/problem.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import type { Refusal } from '../rollout/decision.ts';
import type { EffectState } from '../rollout/effect.ts';
import type { FightView, Observed } from '../rollout/observed.ts';
import type { Claimant } from '../workload/claims.ts';
import { trackingProblems } from '../workload/config-tracking.ts';
import { templateOf } from '../workload/pod-template.ts';
import { preflight } from '../workload/preflight.ts';
import type { Acceptance } from './acceptance.ts';
import type { Caches } from './caches.ts';
import { isBudgetCurrent } from './disruption-budget.ts';
import type { GitInspections } from './git-inspections.ts';
import { observeActions } from './observe-actions.ts';
import { observeAlerts } from './observe-alerts.ts';
import { observeAutoscaler } from './observe-autoscaler.ts';
import { observeGit } from './observe-git.ts';
import { observeInspection } from './observe-inspection.ts';
import { observeRoute } from './observe-route.ts';
import { observeRuns } from './observe-runs.ts';
import { observeWorkloads } from './observe-workloads.ts';
import type { Scene } from './scene.ts';
import { lostCopy, storedRevisions } from './stored-revisions.ts';
import { metricTemplateLookup, templateLookup } from './template-lookups.ts';
import { workloadRef } from './wanted-objects.ts';

export type ObserveDeps = {
  readonly caches: Caches;
  readonly acceptance: Acceptance;
  readonly inspections: GitInspections;
  readonly cluster: string;
  /** The controller's own Prometheus. */
  readonly metricsServer: string;
  readonly asksIstiod: boolean;
  readonly effects: ReadonlyMap<string, EffectState>;
  readonly refused: Refusal | undefined;
  readonly fights: readonly FightView[];
  readonly now: number;
};

/** Everything that `decide` may look at, from caches only. */
export const observe = (scene: Scene, status: CanaryStatus, deps: ObserveDeps): Observed => {
  const { object, canary, view } = scene;
  const workloads = observeWorkloads(scene, status);
  const { route, problems: routeProblems } = observeRoute(scene, deps);
  const git = observeGit(scene);
  const deletedAt = object.metadata.deletionTimestamp;
  const deleting = deletedAt !== undefined;
  // A run once begun goes on to its outcome, which waits in the outbox.
  const inspecting = status.run === undefined && !deleting;
  const { alerts, problems: alertProblems } = observeAlerts(scene);
  const { problems: scalerProblems, ...scaler } = observeAutoscaler(scene, status, deps.caches);
  const { checks, problems: metricProblems } = observeMetrics(scene, {
    ...deps,
    mayWait: (status.phase ?? 'Initializing') === 'Initializing',
  });
  const problems: readonly Problem[] = [
    ...preflightProblems(scene),
    ...scalerProblems,
    ...configProblems(scene),
    ...routeProblems,
    ...metricProblems,
    ...git.problems,
    ...(inspecting ? observeInspection(scene, git, { ...deps, outbox: status.outbox }) : []),
    ...alertProblems,
  ];
  const namespace = view.get({ apiVersion: 'v1', kind: 'Namespace', name: canary.namespace });
  const actions = observeActions(scene, deps.caches);
  const desired = workloads.target?.revision?.id;
  const stored = storedRevisions(scene, { status, desired, caches: deps.caches });
  const lost = lostCopy(status, desired, stored);
  return {
    cluster: deps.cluster,
    canary: {
      ...canary,
      generation: object.metadata.generation ?? 0,
      hasFinalizer: object.metadata.finalizers?.includes(FINALIZER) ?? false,
      deleting,
      ...(deletedAt === undefined ? {} : { deletedAt: Date.parse(deletedAt) }),
    },
    status,
    problems,
    ...workloads,
    route,
    pinned: stored.pinned,
    ...(lost === undefined ? {} : { lostCopy: lost }),
    ...observeRuns(scene, status, deps.caches),
    metrics: checks,
    git: git.git,
    alerts,
    ...scaler,
    budgetCurrent: isBudgetCurrent(scene, deps.caches),
    effects: deps.effects,
    namespaceDeleting: namespace?.metadata.deletionTimestamp !== undefined,
    ...(actions === undefined ? {} : { actions }),
    ...(deps.refused === undefined ? {} : { refused: deps.refused }),
    ...(deps.fights.length === 0 ? {} : { fights: deps.fights }),
  };
};

const observeMetrics = (
  scene: Scene,
  deps: ObserveDeps & { readonly mayWait: boolean },
): ReturnType<typeof resolveMetrics> => {
  const { canary, names, view, router, route } = scene;
  return resolveMetrics({
    spec: canary.spec,
    names: {
      namespace: canary.namespace,
      name: canary.name,
      target: names.base,
      service: names.apex,
      route: route.routeRef?.name ?? names.apex,
      ...(route.ingressRef === undefined ? {} : { ingress: route.ingressRef.name }),
    },
    selectors: router.metrics(view, route, 'canary'),
    primary: router.metrics(view, route, 'primary'),
    templates: templateLookup(view),
    metricTemplates: metricTemplateLookup(view, canary.namespace),
    mayWait: deps.mayWait,
    defaultAddress: deps.metricsServer,
  });
};

/** What cannot be understood of the configs that the target refers to. */
const configProblems = (scene: Scene): readonly Problem[] => {
  const { canary, names, view } = scene;
  const { namespace } = canary;
  const target = view.get(workloadRef(scene, names.target));
  if (target === undefined) return [];
  return trackingProblems(templateOf(target), ({ kind, name }) =>
    view.get({ apiVersion: 'v1', kind, namespace, name }),
  );
};

const preflightProblems = ({ object, canary, view }: Scene): readonly Problem[] => {
  const others = view.rivals(object).flatMap((rival): readonly Claimant[] => {
    const parsed = parseCanary(rival);
    return parsed.ok ? [claimant(rival, parsed.spec)] : [];
  });
  return preflight({
    canary: claimant(object, canary.spec),
    others,
    get: view.get,
    networkPolicies: view.list({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      namespace: canary.namespace,
    }),
  });
};

const claimant = ({ metadata }: KubeObject, spec: CanarySpec): Claimant => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  uid: metadata.uid ?? '',
  ...(metadata.labels?.[SHADOW_LABEL] === undefined ? {} : { shadow: true as const }),
  creationTimestamp: metadata.creationTimestamp ?? '',
  spec,
});
