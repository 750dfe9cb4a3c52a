import type { Images } from '../../api/canary-status.ts';
import { CANARY_UID_LABEL, HANDS_OFF_ANNOTATIONS, REVISION_LABEL, ROLE_LABEL, type Side } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import { hashOf } from '../../lib/hash.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt, recordAt, sameJson, stringAt, stringsAt } from '../../lib/json.ts';
import { type KubeObject, keyOf } from '../../lib/kube-object.ts';
import { type Endpoint, endpointsOf } from '../endpoints.ts';
import { hasLabels, labelsText } from '../label-selector.ts';
import { type CanaryIdentity, namesOf } from '../names.ts';
import { imagesOf } from '../pod-template.ts';
import { isReady, worstTrouble } from '../readiness.ts';
import { apexLeadingTo, withSpecPort } from '../services.ts';
import type { Around, TargetKind } from './target-kind.ts';
import { copyProblems, problemOf } from './target-problems.ts';

type Labels = Readonly<Record<string, string>>;

const selectorOf = (service: KubeObject): Labels => stringsAt(service, 'spec', 'selector');

/** A port as people write it, without what the cluster gives one Service alone. */
const port = (of: JsonRecord): JsonRecord => {
  const { name, port, protocol = 'TCP', targetPort = port, appProtocol } = of;
  return { name, port, protocol, targetPort, appProtocol };
};

/** What of a Service makes a version: which pods, and which of their ports. */
const judged = (service: KubeObject): { readonly selector: Labels; readonly ports: readonly JsonRecord[] } => ({
  selector: selectorOf(service),
  ports: listAt(service, 'spec', 'ports').filter(isRecord).map(port),
});

const hash = (service: KubeObject): string => hashOf(judged(service));

/** Pods behind a Service, and whether each is one that the selector means: slices lag behind a change of it. */
const behind = (
  service: KubeObject,
  { around, selector }: { readonly around: Around; readonly selector: Labels },
): readonly (Endpoint & { readonly object: KubeObject | undefined; readonly meant: boolean })[] =>
  endpointsOf(around.slices(service.metadata.name)).map((endpoint) => {
    const object = endpoint.pod === undefined ? undefined : around.pod(endpoint.pod);
    return { ...endpoint, object, meant: hasLabels(object?.metadata.labels ?? {}, selector) };
  });

const podsOf = (service: KubeObject, around: Around): readonly KubeObject[] =>
  behind(service, { around, selector: selectorOf(service) }).flatMap(({ object, meant }) =>
    meant && object !== undefined ? [object] : [],
  );

/** Images of the ready pods, by container, as far as all of them agree. */
const images = (service: KubeObject, around: Around): Images => {
  const [first, ...others] = podsOf(service, around)
    .filter(isReady)
    .map((pod) => imagesOf({ spec: recordAt(pod, 'spec') }));
  if (first === undefined) return {};
  return Object.fromEntries(
    Object.entries(first).filter(([container, image]) => others.every((other) => other[container] === image)),
  );
};

const manifest = (
  side: Side,
  {
    canary,
    revision,
    spec,
  }: { readonly canary: CanaryIdentity; readonly revision?: string; readonly spec: JsonRecord },
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: namesOf(canary.spec).service[side],
    namespace: canary.namespace,
    labels: {
      [CANARY_UID_LABEL]: canary.uid,
      [ROLE_LABEL]: side,
      ...(revision === undefined ? {} : { [REVISION_LABEL]: revision }),
    },
    annotations: HANDS_OFF_ANNOTATIONS,
  },
  spec: { selector: recordAt(spec, 'selector'), ports: withSpecPort(listAt(spec, 'ports').filter(isRecord), canary) },
});

/** Which pods nobody's are: without a selector the slices of the one before would stay. */
const nobody = ({ uid }: CanaryIdentity): Labels => ({ [ROLE_LABEL]: 'none', [CANARY_UID_LABEL]: uid });

const idle = (canary: CanaryIdentity, source: KubeObject | undefined): KubeObject => {
  const ports = source === undefined ? [] : judged(source).ports;
  return manifest('canary', { canary, spec: { selector: nobody(canary), ports } });
};

const problems = (target: KubeObject, canary: CanaryIdentity): readonly Problem[] => {
  const copied = copyProblems(target);
  if (copied.length > 0) return copied;
  if (stringAt(target, 'spec', 'type') === 'ExternalName') {
    const message = 'it is of type ExternalName and leads outside the cluster; want a Service that selects pods';
    return [problemOf(target, message)];
  }
  if (Object.keys(selectorOf(target)).length === 0) {
    return [problemOf(target, 'it has no selector; want one that matches the pods of the version to release')];
  }
  const { port: number, targetPort } = canary.spec.service;
  const same = judged(target).ports.find((entry) => entry['port'] === number);
  if (same === undefined || targetPort === undefined || same['targetPort'] === targetPort) return [];
  const message = `its port ${number} leads to ${same['targetPort']}, spec.service.targetPort says ${targetPort}; want the same`;
  return [problemOf(target, message)];
};

/**
 * Services whose versions a team runs itself: what is released is a selector and ports. The sides are Services too, one
 * with the stable selector and one, during a run, with the new one. No pod is made, changed or counted.
 */
export const service: TargetKind = {
  kind: 'Service',
  apiVersion: 'v1',
  template: () => ({}),
  hash,
  name: (target, { around }) => {
    // Its pods tell the images of a version, and are known a moment after the version is.
    const all = behind(target, { around, selector: selectorOf(target) });
    if (all.every(({ pod, meant }) => pod === undefined || meant)) return { name: hash(target).slice(0, 10) };
    return { waiting: `The endpoints of Service ${keyOf(target.metadata)} are not those of its selector yet` };
  },
  images,
  recorded: judged,
  size: () => ({ replicas: 0, readyReplicas: 0, unscaled: true }),
  scaled: () => undefined,
  leftToFlagger: () => undefined,
  problems,
  emptied: () => undefined,
  primaryLabels: () => undefined,
  misleads: (selector, { target }) => {
    const asked = selectorOf(target);
    if (sameJson(selector, asked)) return undefined;
    const message = `it selects ${labelsText(selector)}, the target ${labelsText(asked)}; want the same until this Canary has taken over, so that nobody is led to another version unjudged`;
    return { message, onlyAtFirst: true };
  },
  counted: (object, around) => {
    const all = behind(object, { around, selector: selectorOf(object) });
    return { wanted: Math.max(1, all.length), ready: all.filter(({ ready, meant }) => ready && meant).length };
  },
  pods: podsOf,
  sharesSelectors: true,
  side: (side, { revision, spec }, { canary }) => manifest(side, { canary, revision, spec }),
  idle,
  view: (side, { around, wanted }) => {
    const revision = side.metadata.labels?.[REVISION_LABEL];
    if (revision === undefined) return undefined;
    const selector = selectorOf(wanted ?? side);
    const all = behind(side, { around, selector });
    const ready = all.filter((endpoint) => endpoint.ready);
    const [meant, others] = [ready.filter((endpoint) => endpoint.meant), ready.filter((endpoint) => !endpoint.meant)];
    const pods = all.flatMap(({ object, meant }) => (meant && object !== undefined ? [object] : []));
    const waiting =
      others.length > 0
        ? 'its endpoints are not those of its selector yet'
        : pods.length === 0
          ? `no pod carries ${labelsText(selector)}`
          : (worstTrouble(pods) ?? (meant.length === 0 ? `0 of ${pods.length} pods ready` : undefined));
    return {
      revision,
      pinned: true,
      replicas: 1,
      readyReplicas: meant.length > 0 ? 1 : 0,
      ready: meant.length > 0 && others.length === 0,
      endpoints: meant.length,
      ...(waiting === undefined ? {} : { waiting }),
      deadlineExceeded: false,
      keepsCapacity: true,
      // Nothing that could be pinned; unknown digests would be waited for.
      digests: {},
      deleting: side.metadata.deletionTimestamp !== undefined,
    };
  },
  service: (which, { canary, target, side, apex, record }) => {
    const revision = side?.metadata.labels?.[REVISION_LABEL];
    const kept = revision === undefined ? undefined : record(revision);
    switch (which) {
      case 'canary':
        return kept === undefined ? idle(canary, target) : service.side('canary', kept, { canary, replicas: 1 });
      // What is not known any more stays as it is.
      case 'primary':
        return kept === undefined ? side : service.side('primary', kept, { canary, replicas: 1 });
      default:
        return side && apexLeadingTo(side, { canary, existing: apex });
    }
  },
  // Handed back with the selector that serves: the one from before may be several versions old.
  released: ({ target, primary }) => ({ selector: selectorOf(primary ?? target) }),
};
