import { foreignOwnerOf } from '../../api/field-owner.ts';
import { HELD_LABEL } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import { hashOf } from '../../lib/hash.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { at, listAt, numberAt, recordAt, sameJson, stringAt, stringsAt } from '../../lib/json.ts';
import { type KubeObject, keyOf, refOf } from '../../lib/kube-object.ts';
import { comparable, imagesOf, templateOf } from '../pod-template.ts';
import { isObserved, isReady } from '../readiness.ts';
import { availableNeeded, type Progress, podSides } from './pod-sides.ts';
import type { SideContext, TargetKind } from './target-kind.ts';
import { problemOf, targetPodProblems } from './target-problems.ts';

/** In a DaemonSet's nodeSelector: no node has it, so that it runs no pod. */
export const SCALE_TO_ZERO = 'serin.dev/scale-to-zero';
/** Flagger's, under which a target may have been left. */
const FLAGGERS_ZERO = 'flagger.app/scale-to-zero';
const ZERO = [SCALE_TO_ZERO, FLAGGERS_ZERO] as const;

/** Put on the pods and ControllerRevisions of a template by the DaemonSet controller. */
const REVISION_HASH = 'controller-revision-hash';

const selectorOf = (object: KubeObject): Readonly<Record<string, string>> =>
  stringsAt(templateOf(object), 'spec', 'nodeSelector');

const isZero = (daemonSet: KubeObject): boolean => ZERO.some((key) => key in selectorOf(daemonSet));

/** A template without what keeps a DaemonSet at zero: what is judged, whether the target is down or not. */
const withoutZero = (template: JsonRecord): JsonRecord => {
  const { nodeSelector, ...spec } = recordAt(template, 'spec');
  if (nodeSelector === undefined) return template;
  const rest = Object.entries(stringsAt(nodeSelector)).filter(([key]) => !ZERO.some((zero) => zero === key));
  return {
    ...template,
    spec: { ...spec, ...(rest.length === 0 ? {} : { nodeSelector: Object.fromEntries(rest) }) },
  };
};

const judged = (object: KubeObject): JsonRecord => withoutZero(templateOf(object));

/** The template that a ControllerRevision of a DaemonSet stores, as a patch. */
const storedTemplate = (revision: KubeObject): JsonRecord => {
  const { $patch: _, ...template } = recordAt(revision, 'data', 'spec', 'template');
  return template;
};

const hashes = new WeakMap<KubeObject, string>();
/** Remembered for each object, because objects in caches are looked at often and never change. */
const remembered = (object: KubeObject, template: (object: KubeObject) => JsonRecord): string => {
  const hash = hashes.get(object) ?? hashOf(comparable(withoutZero(template(object))));
  hashes.set(object, hash);
  return hash;
};
const judgedHash = (daemonSet: KubeObject): string => remembered(daemonSet, templateOf);
const storedHash = (revision: KubeObject): string => remembered(revision, storedTemplate);

const revisionsOf = (daemonSet: KubeObject, { around }: Pick<SideContext, 'around'>): readonly KubeObject[] =>
  around.ownedBy('ControllerRevision', daemonSet.metadata.uid ?? '');

const nameOf = (revision: KubeObject): string | undefined => revision.metadata.labels?.[REVISION_HASH];

/** The ControllerRevision that Kubernetes made for exactly the template that the DaemonSet has. */
const current = (daemonSet: KubeObject, revisions: readonly KubeObject[]): KubeObject | undefined => {
  const hash = judgedHash(daemonSet);
  const exact = comparable(templateOf(daemonSet));
  return revisions
    .filter((revision) => storedHash(revision) === hash)
    .find((revision) => sameJson(comparable(storedTemplate(revision)), exact));
};

const age = ({ metadata }: KubeObject): string => metadata.creationTimestamp ?? '';

/** The oldest of those that were made for what is judged: at zero Kubernetes knows the same under a second name. */
const oldest = (daemonSet: KubeObject, revisions: readonly KubeObject[]): KubeObject | undefined =>
  revisions
    .filter((revision) => storedHash(revision) === judgedHash(daemonSet))
    .sort((a, b) => age(a).localeCompare(age(b)) || (numberAt(a, 'revision') ?? 0) - (numberAt(b, 'revision') ?? 0))[0];

/** The node that a pod is on, or must be bound to. */
const nodeOf = (pod: KubeObject): string | undefined =>
  stringAt(pod, 'spec', 'nodeName') ??
  stringAt(
    pod,
    ...['spec', 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms', 0],
    ...['matchFields', 0, 'values', 0],
  );

const isGoing = (pod: KubeObject): boolean => pod.metadata.deletionTimestamp !== undefined;

/**
 * Nodes that have pods of this version and of others, none of which is ready: that is the node's own trouble, and no
 * version is to be blamed for it or has to wait for it. None of them where that would be all nodes.
 */
const lostNodes = (
  pods: readonly KubeObject[],
  { beside, desired }: { readonly beside: readonly KubeObject[]; readonly desired: number },
): ReadonlySet<string | undefined> => {
  const nodesOf = (some: readonly KubeObject[]): ReadonlySet<string | undefined> => new Set(some.map(nodeOf));
  const served = nodesOf([...pods, ...beside].filter((pod) => isReady(pod) && !isGoing(pod)));
  const others = nodesOf(beside);
  const lost = new Set([...nodesOf(pods)].filter((node) => others.has(node) && !served.has(node)));
  return lost.size < desired ? lost : new Set();
};

const podsOf = (daemonSet: KubeObject, { around }: Pick<SideContext, 'around'>): readonly KubeObject[] =>
  around.ownedBy('Pod', daemonSet.metadata.uid ?? '');

/** Nodes of so many that may be without a pod during a rolling update; percentages are rounded up. */
const unavailable = (daemonSet: KubeObject, nodes: number): number => {
  const value = at(daemonSet, 'spec', 'updateStrategy', 'rollingUpdate', 'maxUnavailable') ?? 1;
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(String(value), 10) * nodes) / 100);
};

/** True when a rolling update takes no ready pod away before its successor on the same node is available. */
const keepsCapacity = (daemonSet: KubeObject): boolean => {
  const rolling = at(daemonSet, 'spec', 'updateStrategy', 'rollingUpdate');
  const isNone = (value: unknown): boolean => value === undefined || value === 0 || value === '0%';
  return !isNone(at(rolling, 'maxSurge')) && isNone(at(rolling, 'maxUnavailable') ?? 1);
};

const progressOf = (
  daemonSet: KubeObject,
  context: Pick<SideContext, 'around' | 'beside' | 'readyPercent'>,
): Progress => {
  const status = (field: string): number => numberAt(daemonSet, 'status', field) ?? 0;
  const pods = podsOf(daemonSet, context);
  const made = current(daemonSet, revisionsOf(daemonSet, context));
  const hash = made && nameOf(made);
  // Where ControllerRevisions are not read, the status has to tell.
  const newest = pods.filter((pod) => hash === undefined || pod.metadata.labels?.[REVISION_HASH] === hash);
  const desired = status('desiredNumberScheduled');
  const lost = lostNodes(pods, { beside: context.beside, desired });
  const wanted = desired - lost.size;
  const old = pods.filter((pod) => !newest.includes(pod) && !lost.has(nodeOf(pod)));
  const available = status('numberAvailable');
  const ready =
    isObserved(daemonSet) &&
    (hash !== undefined || lost.size === 0) &&
    wanted > 0 &&
    status('updatedNumberScheduled') >= wanted &&
    available >= availableNeeded(wanted, context.readyPercent) &&
    old.length === 0;
  const unserved = lost.size === 0 ? '' : `, on ${lost.size} more no version is`;
  const older = `${old.length} ${old.length === 1 ? 'pod' : 'pods'} of an older template left`;
  return {
    replicas: 1,
    readyReplicas: ready ? 1 : 0,
    ready,
    newest: newest.filter((pod) => !lost.has(nodeOf(pod))),
    counts:
      wanted <= 0
        ? 'no node is to run a pod of it'
        : available < wanted || old.length === 0
          ? `ready on ${available} of ${wanted} nodes${unserved}`
          : older,
    deadlineExceeded: false,
    keepsCapacity: keepsCapacity(daemonSet),
  };
};

const hostPorts = (target: KubeObject): readonly number[] =>
  listAt(templateOf(target), 'spec', 'containers')
    .flatMap((container) => listAt(container, 'ports'))
    .flatMap((port) => numberAt(port, 'hostPort') ?? []);

const problems = (target: KubeObject): readonly Problem[] => {
  const strategy = stringAt(target, 'spec', 'updateStrategy', 'type') ?? 'RollingUpdate';
  const [port] = hostPorts(target);
  return [
    ...targetPodProblems(target),
    ...(strategy === 'RollingUpdate'
      ? []
      : [
          problemOf(
            target,
            `spec.updateStrategy.type is ${strategy}, by which a promoted version would wait for somebody to delete pods; want RollingUpdate`,
          ),
        ]),
    ...(port === undefined
      ? []
      : [
          problemOf(
            target,
            `its pods take port ${port} of their node, which only one pod can have, and primary and canary run on the same nodes; want no hostPort`,
          ),
        ]),
  ];
};

/**
 * DaemonSets. They have no replicas: a side is as large as the nodes it selects, and the target is kept down by a
 * nodeSelector that no node has. That is part of its template, so Kubernetes knows each version under two names, with
 * it and without: the revision is the controller-revision-hash that it was known by first.
 */
export const daemonSet: TargetKind = {
  kind: 'DaemonSet',
  apiVersion: 'apps/v1',
  template: judged,
  hash: judgedHash,
  name: (target, { around, named }) => {
    const hash = judgedHash(target);
    // What has a name keeps it, also when Kubernetes has forgotten under which name it knew it first.
    const known = named.find((one) => one.hash === hash)?.revision.replace(/-[0-9a-f]{6}$/, '');
    if (known !== undefined) return { name: known };
    const revisions = revisionsOf(target, { around });
    const first = current(target, revisions) && oldest(target, revisions);
    const name = first && nameOf(first);
    if (name !== undefined) return { name };
    const who = `DaemonSet ${keyOf(target.metadata)}`;
    return { waiting: `Kubernetes has made no ControllerRevision for the template of ${who} yet` };
  },
  images: (object) => imagesOf(templateOf(object)),
  recorded: (target) => ({ ...recordAt(target, 'spec'), template: judged(target) }),
  size: (target, context) => {
    if (isZero(target)) {
      const isHeld = target.metadata.labels?.[HELD_LABEL] === 'true' && SCALE_TO_ZERO in selectorOf(target);
      return { replicas: 0, readyReplicas: 0, ...(isHeld ? {} : { unheld: true as const }) };
    }
    const { readyReplicas, counts } = progressOf(target, context);
    const scaledBy = foreignOwnerOf(target, ['f:spec', 'f:template', 'f:spec', 'f:nodeSelector']);
    return { replicas: 1, readyReplicas, serving: counts, ...(scaledBy === undefined ? {} : { scaledBy }) };
  },
  // The nodeSelector is owned as a whole: merged, the target's own stays in it.
  scaled: (target, replicas) => {
    const zero = replicas === 0 ? { [SCALE_TO_ZERO]: 'true' } : Object.fromEntries(ZERO.map((key) => [key, null]));
    return {
      type: 'merge',
      ref: refOf(target),
      patch: {
        metadata: { labels: { [HELD_LABEL]: replicas === 0 ? 'true' : null } },
        spec: { template: { spec: { nodeSelector: zero } } },
      },
    };
  },
  leftToFlagger: (target) => {
    if (!(SCALE_TO_ZERO in selectorOf(target))) return undefined;
    const nodeSelector = { [SCALE_TO_ZERO]: null, [FLAGGERS_ZERO]: 'true' };
    return { type: 'merge', ref: refOf(target), patch: { spec: { template: { spec: { nodeSelector } } } } };
  },
  problems,
  counted: (object) => ({
    wanted: numberAt(object, 'status', 'desiredNumberScheduled') ?? 0,
    ready: numberAt(object, 'status', 'numberReady') ?? 0,
  }),
  emptied: (target, { primary }) => {
    // The one that runs tells on how many nodes it does.
    const nodes = Math.max(
      0,
      ...[target, primary].map((one) => numberAt(one, 'status', 'desiredNumberScheduled') ?? 0),
    );
    if (keepsCapacity(target) || nodes === 0 || unavailable(target, nodes) < nodes) return undefined;
    const which = nodes === 1 ? 'its only node' : `all its ${nodes} nodes`;
    return {
      why: `spec.updateStrategy leaves ${which} without a pod while a version starts`,
      want: 'rollingUpdate with maxSurge 1 and maxUnavailable 0',
    };
  },
  pods: (object, around) => podsOf(object, { around }),
  ...podSides({ kind: 'DaemonSet', progress: progressOf, sized: (spec) => spec }),
};
