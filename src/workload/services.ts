import { foreignOwnerOf, foreignWriterOf } from '../api/field-owner.ts';
import type { Side } from '../api/names.ts';
import { CANARY_UID_LABEL, HANDS_OFF_ANNOTATIONS, HELD_LABEL, ROLE_LABEL } from '../api/names.ts';
import { baselineAnnotation, isAdoptedBy, isMadeFor, readBaseline } from '../api/ownership.ts';
import { covers } from '../lib/covers.ts';
import type { JsonRecord } from '../lib/json.ts';
import { at, isRecord, listAt, sameJson, stringsAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import type { ServiceView } from '../rollout/observed.ts';
import { readyEndpoints } from './endpoints.ts';
import type { CanaryIdentity } from './names.ts';
import { namesOf } from './names.ts';
import { discoveredPorts, serviceSettings } from './service-settings.ts';

/** The port that the Canary asks for. */
const specPort = ({ spec: { service } }: CanaryIdentity): JsonRecord => ({
  name: service.portName,
  port: service.port,
  protocol: 'TCP',
  targetPort: service.targetPort ?? service.port,
  ...(service.appProtocol === undefined ? {} : { appProtocol: service.appProtocol }),
});

const isSamePort = (a: unknown, b: unknown): boolean =>
  at(a, 'port') === at(b, 'port') && (at(a, 'protocol') ?? 'TCP') === (at(b, 'protocol') ?? 'TCP');

/** The ports, and the Canary's where it is not among them. */
export const withSpecPort = (ports: readonly JsonRecord[], canary: CanaryIdentity): readonly JsonRecord[] => {
  const wanted = specPort(canary);
  return ports.some((port) => isSamePort(port, wanted)) ? ports : [...ports, wanted];
};

/** Ports of a Service that Serin makes: the Canary's, and those that it asks for beside. */
const madePorts = (canary: CanaryIdentity, template: JsonRecord): readonly JsonRecord[] => [
  specPort(canary),
  ...discoveredPorts(canary, template),
];

/**
 * The apex is Serin's alone, so that it goes with the Canary. One that somebody else has applied since, with its ports, is
 * theirs, as if it had been there before: it was deleted and has come back from Git.
 */
const isOurs = (apex: KubeObject, { uid }: CanaryIdentity): boolean =>
  isMadeFor(apex, uid) && foreignWriterOf(apex, ['f:spec', 'f:ports']) === undefined;

/** Ports of the side Services: those of the apex, without what only one Service can have, and the Canary's. */
const sidePorts = (
  canary: CanaryIdentity,
  { apex, template }: { readonly apex: KubeObject | undefined; readonly template: JsonRecord },
): readonly JsonRecord[] => {
  if (apex === undefined || isOurs(apex, canary)) return madePorts(canary, template);
  const ports = listAt(apex, 'spec', 'ports')
    .filter(isRecord)
    .map(({ nodePort: _, ...port }) => port);
  return withSpecPort(ports, canary);
};

type Pairs = Readonly<Record<string, string>>;

/**
 * A Service's selector for the pods of one side: the labels by which the side's workload tells its own. A primary in
 * Flagger's shape has them in a label that is rewritten, and its pods may lack the role.
 */
const selectorFor = (selector: JsonRecord): Pairs => stringsAt(selector, 'matchLabels');

/** What of `selector` tells the side's pods from others of the target's labels. */
const distinction = (side: Side, selector: JsonRecord): Pairs => {
  const labels = selectorFor(selector);
  return ROLE_LABEL in labels ? { [ROLE_LABEL]: side } : labels;
};

/**
 * Service `<apex>-primary` or `<apex>-canary`, to be applied; wholly Serin's. `apex` is the apex as it stands: its ports
 * are copied, its labels are not, or a ServiceMonitor would scrape every pod twice.
 */
export const sideServiceManifest = (
  side: Side,
  {
    canary,
    selector,
    apex,
    template = {},
  }: {
    readonly canary: CanaryIdentity;
    /** Of the side's workload: see `sideSelector`. */
    readonly selector: JsonRecord;
    readonly apex?: KubeObject | undefined;
    /** Of the side's pods, for ports that are to be discovered. */
    readonly template?: JsonRecord;
  },
): KubeObject => {
  const settings = serviceSettings(side, canary);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: namesOf(canary.spec).service[side],
      namespace: canary.namespace,
      labels: { ...settings.labels, [CANARY_UID_LABEL]: canary.uid, [ROLE_LABEL]: side },
      annotations: { ...settings.annotations, ...HANDS_OFF_ANNOTATIONS },
    },
    spec: { ...settings.spec, ports: sidePorts(canary, { apex, template }), selector: selectorFor(selector) },
  };
};

/** The selector of an adopted apex without what Serin put into it: as it is written in Git by now. */
const selectorBefore = (
  apex: KubeObject,
  { canaryUid, ours }: { readonly canaryUid: string; readonly ours: Pairs },
): Pairs => {
  const { [ROLE_LABEL]: role, ...selector } = stringsAt(apex, 'spec', 'selector');
  const isOurs = role === undefined && isAdoptedBy(apex, canaryUid) && covers(selector, ours);
  return isOurs ? stringsAt(readBaseline(apex)?.value) : selector;
};

/** An apex Service that Serin makes, to be applied. */
const madeApex = (canary: CanaryIdentity, spec: JsonRecord): KubeObject => {
  const settings = serviceSettings('apex', canary);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: namesOf(canary.spec).apex,
      namespace: canary.namespace,
      labels: { ...settings.labels, [CANARY_UID_LABEL]: canary.uid, [HELD_LABEL]: 'true' },
      annotations: { ...settings.annotations, ...HANDS_OFF_ANNOTATIONS },
    },
    spec: { ...settings.spec, ...spec },
  };
};

/** An apex Service that was there before, to be applied: it keeps its ports and everything else but the selector. */
const adoptedApex = (
  existing: KubeObject,
  { canary, selector, before }: { readonly canary: CanaryIdentity; readonly selector: Pairs; readonly before: Pairs },
): KubeObject => {
  const port = specPort(canary);
  const hasPort = listAt(existing, 'spec', 'ports').some((other) => isSamePort(other, port));
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: namesOf(canary.spec).apex,
      namespace: canary.namespace,
      labels: { [HELD_LABEL]: 'true' },
      annotations: baselineAnnotation({ canaryUid: canary.uid, value: before }),
    },
    spec: { ...(hasPort ? {} : { ports: [port] }), selector },
  };
};

/**
 * The apex Service leading to the primary, to be applied. One that was there before keeps its ports and everything
 * else: it gets the role in its selector, the label that admission holds it by, and its own selector as baseline.
 */
export const apexManifest = ({
  canary,
  selector,
  existing,
  template = {},
}: {
  readonly canary: CanaryIdentity;
  /** Of the primary's workload: see `sideSelector`. */
  readonly selector: JsonRecord;
  readonly existing?: KubeObject | undefined;
  /** Of the primary's pods, for ports that are to be discovered. */
  readonly template?: JsonRecord;
}): KubeObject => {
  if (existing === undefined || isOurs(existing, canary)) {
    return madeApex(canary, { ports: madePorts(canary, template), selector: selectorFor(selector) });
  }
  const ours = distinction('primary', selector);
  const before = selectorBefore(existing, { canaryUid: canary.uid, ours });
  return adoptedApex(existing, { canary, selector: { ...before, ...ours }, before });
};

/** The same with exactly the selector of another Service, and its ports. */
export const apexLeadingTo = (
  service: KubeObject,
  { canary, existing }: { readonly canary: CanaryIdentity; readonly existing: KubeObject | undefined },
): KubeObject => {
  const selector = stringsAt(service, 'spec', 'selector');
  if (existing === undefined || isOurs(existing, canary)) {
    return madeApex(canary, { ports: listAt(service, 'spec', 'ports').filter(isRecord), selector });
  }
  const baseline = isAdoptedBy(existing, canary.uid) ? readBaseline(existing)?.value : at(existing, 'spec', 'selector');
  return adoptedApex(existing, { canary, selector, before: stringsAt(baseline) });
};

/** True when applying `wanted` to the Service would change nothing. Ports of others do not count. */
const isCurrent = (service: KubeObject, wanted: KubeObject): boolean =>
  covers(service.metadata.labels, wanted.metadata.labels) &&
  covers(service.metadata.annotations, wanted.metadata.annotations) &&
  covers(at(service, 'spec', 'trafficDistribution'), at(wanted, 'spec', 'trafficDistribution')) &&
  sameJson(at(service, 'spec', 'selector'), at(wanted, 'spec', 'selector')) &&
  listAt(wanted, 'spec', 'ports').every((port) =>
    listAt(service, 'spec', 'ports').some((other) => isSamePort(other, port) && covers(other, port)),
  );

/** A Service as `decide` sees it. */
export const serviceView = ({
  service,
  wanted,
  slices,
  side,
  pods,
  canaryUid,
  sharesSelectors = false,
}: {
  readonly service: KubeObject;
  /** What would be applied to it now. */
  readonly wanted: KubeObject;
  /** Its EndpointSlices. */
  readonly slices: readonly KubeObject[];
  /** Which side `wanted` selects. */
  readonly side: Side;
  readonly pods: Readonly<Record<Side, readonly KubeObject[]>>;
  readonly canaryUid: string;
  /** Others may select the very pods of a side: only what is ours is known to lead there. */
  readonly sharesSelectors?: boolean;
}): ServiceView => {
  const role = at(service, 'spec', 'selector', ROLE_LABEL);
  // One that is ours and has another selector has been changed, and goes back.
  const isOurs = isMadeFor(service, canaryUid) || isAdoptedBy(service, canaryUid);
  const isSame = sameJson(at(service, 'spec', 'selector'), at(wanted, 'spec', 'selector'));
  const isWanted = isOurs || (isSame && !sharesSelectors);
  const selects = role === 'primary' || role === 'canary' ? role : isWanted ? side : 'other';
  const ofSide = new Set((selects === 'other' ? [] : pods[selects]).map((pod) => pod.metadata.name));
  const endpoints = readyEndpoints(slices);
  const foreignManager = foreignOwnerOf(service, ['f:spec', 'f:selector']);
  return {
    selects,
    current: isCurrent(service, wanted),
    made: service.metadata.labels?.[CANARY_UID_LABEL] !== undefined,
    endpointsMatch: endpoints.length > 0 && endpoints.every(({ pod }) => pod !== undefined && ofSide.has(pod)),
    ...(foreignManager === undefined ? {} : { foreignManager }),
  };
};
