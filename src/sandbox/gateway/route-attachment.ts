import { at, listAt, numberAt, recordAt, stringAt, stringsAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { selects } from '../workloads/label-selector.ts';
import { BACKEND_FILTERS, type BackendRef, backendRefsOf } from './backend-ref.ts';
import { commonHostnames } from './hostnames.ts';
import type { ObjectView, Place } from './object-view.ts';
import { unsupportedMatch } from './request-match.ts';

const GROUP = 'gateway.networking.k8s.io';

/** One condition in the making. */
export type Verdict = { readonly ok: boolean; readonly reason: string; readonly message: string };

/** What becomes of one of a route's parentRefs that names a Gateway of ours. */
export type Attachment = {
  /** As the route's spec has it. */
  readonly parentRef: unknown;
  readonly gateway: Required<Place>;
  /** Names of the listeners that the route hangs on. */
  readonly listeners: readonly string[];
  /** Hosts that the route gets there; `*` for all. Empty when it is not accepted. */
  readonly hostnames: readonly string[];
  readonly accepted: Verdict;
};

export type AttachmentOptions = {
  readonly view: ObjectView;
  readonly controllerName: string;
  /** It has the filter RequestMirror. */
  readonly mirrors: boolean;
};

/** The Gateway, when a class of ours is its. */
export const ownGateway = (place: Place, { view, controllerName }: AttachmentOptions): KubeObject | undefined => {
  const gateway = view.get('Gateway', place);
  const className = stringAt(gateway, 'spec', 'gatewayClassName') ?? '';
  const owner = stringAt(view.get('GatewayClass', { name: className }), 'spec', 'controllerName');
  return owner === controllerName ? gateway : undefined;
};

/** Whether the sandbox's gateway can serve this listener: plain HTTP. */
export const servesListener = (listener: unknown): boolean => stringAt(listener, 'protocol') === 'HTTP';

const admits = (listener: unknown, route: KubeObject, { gateway, view }: { gateway: KubeObject; view: ObjectView }) => {
  const kinds = listAt(listener, 'allowedRoutes', 'kinds');
  if (kinds.length > 0 && !kinds.some((kind) => stringAt(kind, 'kind') === 'HTTPRoute')) return false;
  const namespace = route.metadata.namespace ?? '';
  const from = stringAt(listener, 'allowedRoutes', 'namespaces', 'from') ?? 'Same';
  if (from === 'All') return true;
  if (from === 'Same') return namespace === gateway.metadata.namespace;
  if (from !== 'Selector') return false;
  const labels = stringsAt(view.get('Namespace', { name: namespace }), 'metadata', 'labels');
  return selects(at(listener, 'allowedRoutes', 'namespaces', 'selector'), labels);
};

const RULE_FIELDS = ['name', 'matches', 'backendRefs', 'filters'];

const typesOf = (holder: unknown): readonly string[] =>
  listAt(holder, 'filters').map((filter) => stringAt(filter, 'type') ?? '');

/** What of the route the sandbox's gateway does not do: it refuses such a route rather than guess. */
const unsupported = (route: KubeObject, { mirrors }: AttachmentOptions): string | undefined => {
  for (const rule of listAt(route, 'spec', 'rules')) {
    for (const [field, value] of Object.entries(recordAt(rule))) {
      if (!RULE_FIELDS.includes(field) && !(Array.isArray(value) && value.length === 0)) return field;
    }
    const filter = typesOf(rule).find((type) => !mirrors || type !== 'RequestMirror');
    if (filter !== undefined) return `the filter ${filter}`;
    for (const match of listAt(rule, 'matches')) {
      const part = unsupportedMatch(match);
      if (part !== undefined) return part;
    }
    const ofBackend = listAt(rule, 'backendRefs').flatMap(typesOf);
    const other = ofBackend.find((type) => !BACKEND_FILTERS.includes(type));
    if (other !== undefined) return `the filter ${other} of a backendRef`;
  }
  return undefined;
};

const refused = (reason: string, message: string): Pick<Attachment, 'accepted' | 'hostnames' | 'listeners'> => ({
  accepted: { ok: false, reason, message },
  hostnames: [],
  listeners: [],
});

const attach = (
  route: KubeObject,
  parentRef: unknown,
  { gateway, options }: { gateway: KubeObject; options: AttachmentOptions },
): Pick<Attachment, 'accepted' | 'hostnames' | 'listeners'> => {
  const { view } = options;
  const section = stringAt(parentRef, 'sectionName');
  const port = numberAt(parentRef, 'port');
  const named = listAt(gateway, 'spec', 'listeners').filter(
    (listener) =>
      servesListener(listener) &&
      (section === undefined || stringAt(listener, 'name') === section) &&
      (port === undefined || numberAt(listener, 'port') === port),
  );
  if (named.length === 0) return refused('NoMatchingParent', 'No listener of the Gateway matches the parentRef');
  const open = named.filter((listener) => admits(listener, route, { gateway, view }));
  if (open.length === 0) {
    return refused('NotAllowedByListeners', 'No matching listener allows routes of this kind and namespace');
  }
  const wanted = listAt(route, 'spec', 'hostnames').filter((hostname) => typeof hostname === 'string');
  const hostnames = new Map(
    open.map((listener) => [listener, commonHostnames(stringAt(listener, 'hostname'), wanted)]),
  );
  const common = [...new Set([...hostnames.values()].flat())];
  if (common.length === 0) {
    return refused('NoMatchingListenerHostname', 'No matching listener has a hostname of the route');
  }
  const part = unsupported(route, options);
  if (part !== undefined) return refused('UnsupportedValue', `The sandbox's gateway does not support ${part}`);
  return {
    accepted: { ok: true, reason: 'Accepted', message: 'Route is accepted' },
    hostnames: common,
    listeners: open
      .filter((listener) => (hostnames.get(listener) ?? []).length > 0)
      .map((listener) => stringAt(listener, 'name') ?? ''),
  };
};

/** What becomes of each parentRef of a route that names a Gateway of ours; others are not our business. */
export const attachmentsOf = (route: KubeObject, options: AttachmentOptions): readonly Attachment[] => {
  const attachments: Attachment[] = [];
  for (const parentRef of listAt(route, 'spec', 'parentRefs')) {
    if ((stringAt(parentRef, 'group') ?? GROUP) !== GROUP) continue;
    if ((stringAt(parentRef, 'kind') ?? 'Gateway') !== 'Gateway') continue;
    const namespace = stringAt(parentRef, 'namespace') ?? route.metadata.namespace ?? '';
    const place = { namespace, name: stringAt(parentRef, 'name') ?? '' };
    const gateway = ownGateway(place, options);
    if (gateway === undefined) continue;
    attachments.push({ parentRef, gateway: place, ...attach(route, parentRef, { gateway, options }) });
  }
  return attachments;
};

/** The condition ResolvedRefs of a route: the first backendRef that does not resolve. */
export const resolvedRefs = (route: KubeObject, view: ObjectView): Verdict => {
  const refs = listAt(route, 'spec', 'rules').flatMap((rule): readonly BackendRef[] =>
    backendRefsOf(route, rule, view),
  );
  const broken = refs.map((ref) => ref.problem).find((problem) => problem !== undefined);
  return broken === undefined
    ? { ok: true, reason: 'ResolvedRefs', message: 'All references are resolved' }
    : { ok: false, ...broken };
};
