import type { CanarySpec } from '../../api/canary.ts';
import { parseCanaryStatus } from '../../api/canary-status.ts';
import { FLAGGER_FINALIZER, HAND_OVER_ANNOTATION, WATCH_FLAGGER_LABEL } from '../../api/names.ts';
import { parseCanary } from '../../api/parse.ts';
import type { Problem } from '../../api/problem.ts';
import { providerOf } from '../../api/provider.ts';
import { nextStep, type Step } from '../../flagger/hand-over.ts';
import {
  handedBackStatus,
  projectStatus,
  type Stalled,
  stalledMessage,
  withStalled,
} from '../../flagger/project-status.ts';
import { isCurrent, isOnItsWay, shadowManifest, shadowOf, shadowRef } from '../../flagger/shadow.ts';
import { type Translated, translate } from '../../flagger/translate.ts';
import { watches } from '../../flagger/watchers.ts';
import { assertNever } from '../../lib/assert-never.ts';
import { type JsonRecord, listAt, sameJson, stringAt, stringsAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { refOf } from '../../lib/kube-object.ts';
import { problemText } from '../../rollout/problems.ts';
import { timeText } from '../../rollout/time.ts';
import { isFlaggersPrimary } from '../../workload/found-primary.ts';
import { namesOf } from '../../workload/names.ts';
import type { Wish } from '../watched-kinds.ts';
import { wishesOf } from '../wishes.ts';
import type { FlaggerDeps } from './flagger-deps.ts';
import { deleteShadow, dropShadow, handBack } from './hand-back.ts';
import { adopt, adoptApex, ownedBy } from './made-by-flagger.ts';
import { trackedConfigsOf } from './tracked-configs.ts';

/** Flagger's own finalizer: nobody would take it off any more once Serin runs the Canary, which always restores. */
const FLAGGERS_FINALIZER = 'finalizer.flagger.app';

const UNSEEN: Problem = {
  where: 'metadata.namespace',
  message: `the labels of the namespace cannot be read, so that nothing tells whether Serin is to run this Canary: want the right to list and watch namespaces, as deploy/kustomize gives it`,
  reason: 'AccessDenied',
};

/** One look at one flagger.app Canary: the next step of its hand-over, or its shadow and its status kept up to date. */
export const reconcileFlagger = async (key: string, deps: FlaggerDeps): Promise<void> => {
  const [namespace = '', name = ''] = key.split('/');
  const original = deps.original(key);
  const namesake = deps.caches.get(shadowRef({ namespace, name }));
  if (original === undefined) return namesake === undefined ? undefined : endOrphan(namesake, deps);
  const { caches } = deps;
  const translated = translate(original, { meshProvider: deps.meshProvider });
  const place = caches.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
  // A label that cannot be seen must not be taken for gone: everything would be handed back.
  if (place === undefined) return isHeld(original) ? undefined : refuse(original, [UNSEEN], deps);
  const step = nextStep({
    original,
    namesake,
    status: parseCanaryStatus(namesake?.['status']),
    isInvited: place.metadata.labels?.[WATCH_FLAGGER_LABEL] === 'true',
    watchers: deps.watchers().filter((watcher) => watches(watcher, namespace)),
    translated,
    isFlaggersShape: hasFlaggersShape(original, deps),
  });
  await take(step, original, deps);
};

/** A shadow whose original is gone without having waited for it: it goes as every Canary goes, and restores. */
const endOrphan = async (shadow: KubeObject, deps: FlaggerDeps): Promise<void> => {
  if (shadowOf(shadow) === undefined || !deps.seesOriginals()) return;
  const annotations = { [HAND_OVER_ANNOTATION]: null };
  if (isOnItsWay(shadow)) await deps.writer.merge(refOf(shadow), { metadata: { annotations } });
  if (shadow.metadata.deletionTimestamp === undefined) await deleteShadow(shadow, deps);
};

const hasFlaggersShape = ({ metadata, ...original }: KubeObject, { caches }: FlaggerDeps): boolean => {
  const { kind = 'Deployment', name = '' } = stringsAt(original, 'spec', 'targetRef');
  const primary = `${name}-primary`;
  const found = caches.get({ apiVersion: 'apps/v1', kind, namespace: metadata.namespace ?? '', name: primary });
  return found !== undefined && isFlaggersPrimary(found, primary);
};

const take = async (step: Step, original: KubeObject, deps: FlaggerDeps): Promise<void> => {
  switch (step.step) {
    case 'none':
      return writeStatus(original, withStalled(original['status'], undefined), deps);
    case 'refuse':
      return refuse(original, step.problems, deps);
    case 'begin':
      if (await hold(original, deps)) return;
      return deps.writer.apply(shadowManifest(original, { spec: step.translated.spec, handOver: 'in' }));
    case 'adopt':
      return adoptAll(original, step.shadow, deps);
    case 'run':
      await keepShadow(original, step, deps);
      return show(original, step, deps);
    case 'wait':
      return show(original, step, deps);
    case 'end':
      return deleteShadow(step.shadow, deps);
    case 'leave':
      return deps.writer.merge(refOf(step.shadow), { metadata: { annotations: { [HAND_OVER_ANNOTATION]: 'out' } } });
    case 'handBack':
      await handBack(original, step.shadow, deps);
      await release(original, deps);
      return dropShadow(step.shadow, deps);
    case 'release':
      return release(original, deps);
    default:
      return assertNever(step, 'step');
  }
};

const isHeld = ({ metadata }: KubeObject): boolean => metadata.finalizers?.includes(FLAGGER_FINALIZER) ?? false;

const writeFinalizers = async (
  original: KubeObject,
  finalizers: readonly string[],
  { client }: FlaggerDeps,
): Promise<void> => {
  const { resourceVersion } = original.metadata;
  await client.mergePatch(refOf(original), { metadata: { resourceVersion, finalizers } });
};

/** Puts Serin's finalizer in the place of Flagger's; true when it had to be written. */
const hold = async (original: KubeObject, deps: FlaggerDeps): Promise<boolean> => {
  const { finalizers = [] } = original.metadata;
  const wanted = [...new Set([...finalizers.filter((name) => name !== FLAGGERS_FINALIZER), FLAGGER_FINALIZER])];
  if (sameJson(finalizers, wanted)) return false;
  await writeFinalizers(original, wanted, deps);
  return true;
};

/** Lets the original go; one that stays is Flagger's again, and says so in its status before that. */
const release = async (original: KubeObject, deps: FlaggerDeps): Promise<void> => {
  if (!isHeld(original)) return;
  let current = original;
  if (original.metadata.deletionTimestamp === undefined) {
    current = await deps.client.updateStatus({ ...original, status: handedBackStatus(timeText(deps.clock.now())) });
  }
  const finalizers = (current.metadata.finalizers ?? []).filter((name) => name !== FLAGGER_FINALIZER);
  await writeFinalizers(current, finalizers, deps);
  if (original.metadata.deletionTimestamp !== undefined) return;
  deps.tell(original, { reason: 'Released', note: 'Serin has let this Canary go: Flagger can run it from now on' });
};

/** The kinds that have to be known before what Flagger made can be taken over: else it would not be found. */
const wishesFor = (spec: CanarySpec): readonly Wish[] => {
  const plane = providerOf(spec);
  return [
    ...(plane === undefined ? [] : wishesOf(spec, plane)),
    ...(spec.targetRef.kind === 'DaemonSet' ? (['DaemonSet'] as const) : []),
    ...(spec.autoscalerRef?.kind === 'ScaledObject' ? (['ScaledObject'] as const) : []),
  ];
};

/** Takes over what Flagger made. */
const adoptAll = async (original: KubeObject, shadow: KubeObject, deps: FlaggerDeps): Promise<void> => {
  const parsed = parseCanary(shadow);
  if (!parsed.ok || !deps.caches.want(...wishesFor(parsed.spec))) return;
  const uids = { original: original.metadata.uid ?? '', shadow: shadow.metadata.uid ?? '' };
  const found = ownedBy(uids.original, deps);
  for (const object of found) {
    if (object.metadata.ownerReferences?.some(({ uid }) => uid === uids.original)) await adopt(object, uids, deps);
  }
  const { apex } = namesOf(parsed.spec);
  // Only where Flagger has run: else the apex is adopted as any is, with the selector that it has.
  if (found.length > 0) await adoptApex(shadow, { namespace: shadow.metadata.namespace ?? '', name: apex }, deps);
  await deps.writer.merge(refOf(shadow), { metadata: { annotations: { [HAND_OVER_ANNOTATION]: null } } });
};

const keepShadow = async (
  original: KubeObject,
  { shadow, translated }: { readonly shadow: KubeObject; readonly translated: Translated },
  deps: FlaggerDeps,
): Promise<void> => {
  await hold(original, deps);
  if (!translated.ok || isCurrent(shadow, translated.spec)) return;
  await deps.writer.apply(shadowManifest(original, { spec: translated.spec }));
  const [first] = translated.notes;
  if (first === undefined) return;
  const words = translated.notes.map(({ where, message }) => `${where}: ${message}`);
  deps.tell(original, { reason: 'InvalidSpec', note: words.join('; ') });
};

const writeStatus = async (original: KubeObject, status: JsonRecord, { client }: FlaggerDeps): Promise<void> => {
  if (sameJson(original['status'] ?? {}, status)) return;
  await client.updateStatus({ ...original, status });
};

/** What is told as Stalled; since when is kept for as long as the words are the same. */
const stalledOf = (original: KubeObject, problems: readonly Problem[], { clock }: FlaggerDeps): Stalled | undefined => {
  const [first] = problems;
  if (first === undefined) return undefined;
  const message = problemText(problems);
  const before = listAt(original, 'status', 'conditions').find(
    (condition) => stringAt(condition, 'type') === 'Stalled',
  );
  const since = stringAt(before, 'message') === message ? stringAt(before, 'lastTransitionTime') : undefined;
  return { reason: first.reason, message, since: since ?? timeText(clock.now()) };
};

const tellOnce = (
  original: KubeObject,
  stalled: Stalled | undefined,
  problems: readonly Problem[],
  deps: FlaggerDeps,
): void => {
  const [first] = problems;
  if (first === undefined || stalled === undefined || stalledMessage(original['status']) === stalled.message) return;
  deps.tell(original, { reason: first.reason, note: stalled.message });
};

const refuse = async (original: KubeObject, problems: readonly Problem[], deps: FlaggerDeps): Promise<void> => {
  const stalled = stalledOf(original, problems, deps);
  await writeStatus(original, withStalled(original['status'], stalled), deps);
  tellOnce(original, stalled, problems, deps);
};

/** Shows the shadow's status on the original. */
const show = async (
  original: KubeObject,
  { shadow, problems }: { readonly shadow: KubeObject; readonly problems: readonly Problem[] },
  deps: FlaggerDeps,
): Promise<void> => {
  const stalled = stalledOf(original, problems, deps);
  const status = parseCanaryStatus(shadow['status']);
  const trackedConfigs = trackedConfigsOf(shadow, deps);
  await writeStatus(original, projectStatus(original['status'], { status, trackedConfigs, stalled }), deps);
  tellOnce(original, stalled, problems, deps);
};
