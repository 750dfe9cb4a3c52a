import type { Problem } from '../api/problem.ts';
import { canonicalJson } from '../lib/json.ts';
import { keyOf } from '../lib/kube-object.ts';
import type { RouteView } from '../rollout/observed.ts';
import { possibleExposures } from '../rollout/possible-exposures.ts';
import { exposureProblems } from '../traffic/exposure-problems.ts';
import type { TrafficIntent } from '../traffic/router.ts';
import { twoWay } from '../traffic/split.ts';
import { kindOf } from '../workload/kinds/kind-of.ts';
import type { Acceptance } from './acceptance.ts';
import type { Scene } from './scene.ts';
import { workloadRef } from './wanted-objects.ts';

/** A promotion may empty the primary for a moment, which not every plane survives. */
const emptyPrimary = (scene: Scene): readonly Problem[] => {
  const { names, router, route, view } = scene;
  if (router.capabilities(view, route).primaryMayBeEmpty) return [];
  const [target, primary] = [names.target, names.workload.primary].map((name) => view.get(workloadRef(scene, name)));
  const emptied = target && kindOf(target).emptied(target, { primary });
  if (target === undefined || emptied === undefined) return [];
  const message = `${emptied.why}, and this data plane answers 503 then, whatever goes to the canary; want ${emptied.want}`;
  return [{ where: `${target.kind} ${keyOf(target.metadata)}`, message, reason: 'InvalidSpec' }];
};

/** The objects stand exactly as they would be written for what they do; what cannot be written is to be replaced. */
const stands = ({ router, view, route }: Scene, intent: TrafficIntent): boolean => {
  try {
    return router.plan(view, route, intent).patches.length === 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};

/** The route as it stands, and what stands in the way of ever writing it. */
export const observeRoute = (
  scene: Scene,
  {
    acceptance,
    asksIstiod,
    now,
  }: { readonly acceptance: Acceptance; readonly asksIstiod: boolean; readonly now: number },
): { readonly route: RouteView; readonly problems: readonly Problem[] } => {
  const { canary, names, router, route: ref, view } = scene;
  const asked = { router, objects: view, ref };
  const problems = [
    ...router.problems(view, ref),
    ...emptyPrimary(scene),
    ...exposureProblems(asked, possibleExposures(canary.spec)),
  ];
  const intent = router.observe(view, ref);
  const evidence = router.accepted(view, ref);
  const state = evidence.refused
    ? 'refused'
    : evidence.ok === 'unknown'
      ? 'unknown'
      : evidence.ok
        ? 'accepted'
        : 'pending';
  const ppm = intent?.split.find(({ backend }) => backend === names.service.canary)?.weightPpm ?? 0;
  const canaryWeight = intent === undefined ? undefined : ppm / 10_000;
  const current =
    intent !== undefined && problems.length === 0 && stands(scene, { ...intent, split: twoWay(ref, ppm / 10_000) });
  // Everything that the canary gets, not the weight alone: that of an A/B run, or of a mirror, stays 0.
  const { split: _, stamp: __, ...beside } = intent ?? {};
  const signature = canonicalJson({ state, canaryWeight: canaryWeight ?? null, ...beside });
  const foreignManager = router.foreignManager(view, ref);
  const { lifecycle, proof } = router.capabilities(view, ref);
  const { warning } = lifecycle;
  return {
    problems,
    route: {
      exists: intent !== undefined,
      ...(canaryWeight === undefined ? {} : { canaryWeight }),
      ...(intent?.mirror === undefined ? {} : { mirror: intent.mirror }),
      ...(intent?.pinned === undefined ? {} : { pinned: intent.pinned }),
      ...(intent?.affinity === undefined ? {} : { affinity: intent.affinity }),
      ...(intent?.stamp === undefined ? {} : { stamp: intent.stamp }),
      current,
      acceptance: state,
      detail: evidence.detail,
      since: acceptance.since(`${canary.namespace}/${canary.name}`, { signature, now }),
      ...(foreignManager === undefined ? {} : { foreignManager }),
      ...(proof === undefined || !asksIstiod ? {} : { proof }),
      ...(warning === undefined ? {} : { endOfLife: warning }),
    },
  };
};
