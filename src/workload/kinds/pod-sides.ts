import { foreignOwnerOf } from '../../api/field-owner.ts';
import { REVISION_LABEL } from '../../api/names.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { recordAt, sameJson, stringsAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { readyEndpoints } from '../endpoints.ts';
import { hasLabels, labelsText } from '../label-selector.ts';
import { podSideManifest, sideSelector, sideTemplate } from '../manifests.ts';
import { imagesOf, podLabels, templateOf, withDigests } from '../pod-template.ts';
import { changerOf, digestsOf, isObserved, isReady, worstTrouble } from '../readiness.ts';
import { apexManifest, sideServiceManifest } from '../services.ts';
import type { SideContext, TargetKind } from './target-kind.ts';

/** How far a workload is with its newest spec. */
export type Progress = {
  /** Pods wanted; 1 where their number is not Serin's to choose. */
  readonly replicas: number;
  readonly readyReplicas: number;
  /** Every wanted pod is of the newest template, enough are available, and none of an older one is left. */
  readonly ready: boolean;
  /** Pods of the newest template. */
  readonly newest: readonly KubeObject[];
  /** What is missing, in numbers. */
  readonly counts: string;
  /** Why, where no pod tells. */
  readonly otherwise?: string;
  readonly deadlineExceeded: boolean;
  readonly keepsCapacity: boolean;
};

/** Pods that have to be available: so many percent of those wanted, rounded up, and at least one. */
export const availableNeeded = (wanted: number, percent = 100): number =>
  Math.max(1, Math.ceil((wanted * percent) / 100));

/** What a workload waits for, the most telling reason first. */
const waitingFor = (workload: KubeObject, { newest, counts, otherwise }: Progress): string => {
  if (!isObserved(workload)) return 'Kubernetes has not acted on its newest spec yet';
  const why = worstTrouble(newest) ?? otherwise;
  return why === undefined ? counts : `${counts}: ${why}`;
};

/** Sides that run pods of their own: workloads of the target's kind, each behind a Service. */
export const podSides = (of: {
  readonly kind: 'Deployment' | 'DaemonSet';
  readonly progress: (
    workload: KubeObject,
    context: Pick<SideContext, 'around' | 'beside' | 'readyPercent'>,
  ) => Progress;
  /** The spec of a side of so many pods. */
  readonly sized: (spec: JsonRecord, replicas: number) => JsonRecord;
}): Pick<
  TargetKind,
  'primaryLabels' | 'misleads' | 'sharesSelectors' | 'side' | 'idle' | 'view' | 'service' | 'released'
> => ({
  primaryLabels: (target, { existing, shadow }) => {
    const selector = sideSelector('primary', { spec: recordAt(target, 'spec'), existing, shadow });
    return podLabels(sideTemplate('primary', { template: templateOf(target), selector }));
  },
  misleads: (selector, { target, pods = {} }) => {
    if (hasLabels(pods, selector) || hasLabels(podLabels(templateOf(target)), selector)) return undefined;
    const message = `it selects ${labelsText(selector)}, which the pods of the target do not carry; want their labels`;
    return { message, onlyAtFirst: false };
  },
  sharesSelectors: false,
  side: (side, record, options) => podSideManifest(side, record, { ...options, ...of }),
  idle: () => undefined,
  view: (workload, context) => {
    const { slices, digests, wanted } = context;
    const progress = of.progress(workload, context);
    const { replicas, readyReplicas, ready, newest, deadlineExceeded, keepsCapacity } = progress;
    const running = digestsOf(newest.filter(isReady));
    const template = templateOf(workload);
    const changedBy = wanted && changerOf(workload, wanted);
    const scaledBy = foreignOwnerOf(workload, ['f:spec', 'f:replicas']);
    // A pod fails before the workload's status counts it out.
    const waiting = ready ? worstTrouble(newest) : waitingFor(workload, progress);
    return {
      revision: workload.metadata.labels?.[REVISION_LABEL] ?? '',
      pinned: sameJson(imagesOf(withDigests(template, digests ?? {})), imagesOf(template)),
      ...(changedBy === undefined ? {} : { changedBy }),
      ...(scaledBy === undefined ? {} : { scaledBy }),
      replicas,
      readyReplicas,
      ready,
      endpoints: readyEndpoints(slices).length,
      ...(waiting === undefined ? {} : { waiting }),
      deadlineExceeded,
      keepsCapacity,
      ...(running === undefined ? {} : { digests: running }),
      deleting: workload.metadata.deletionTimestamp !== undefined,
    };
  },
  service: (which, { canary, target, side: existing, apex }) => {
    const side = which === 'apex' ? 'primary' : which;
    const source = existing ?? target;
    if (source === undefined) return undefined;
    const selector = sideSelector(side, { spec: recordAt(source, 'spec'), existing, shadow: canary.shadow });
    const template = templateOf(source);
    return which === 'apex'
      ? apexManifest({ canary, selector, existing: apex, template })
      : sideServiceManifest(which, { canary, selector, apex, template });
  },
  released: ({ target }) => ({
    selector: stringsAt(recordAt(target, 'spec', 'selector'), 'matchLabels'),
    labels: podLabels(templateOf(target)),
  }),
});
