import { listAt, numberAt, recordAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { HeaderChanges } from './header-changes.ts';
import type { ObjectView } from './object-view.ts';
import { type ServicePort, servicePortOf } from './service-endpoints.ts';

/** One entry of a rule's backendRefs. */
export type BackendRef = {
  readonly weight: number;
  readonly target: ServicePort;
  /** Why its share is answered with 500. */
  readonly problem: { readonly reason: string; readonly message: string } | undefined;
  /** What its filters change of the headers of a request, and of the answer. */
  readonly request: readonly HeaderChanges[];
  readonly answer: readonly HeaderChanges[];
};

/** Filters of a backendRef that the gateway has. */
export const BACKEND_FILTERS: readonly string[] = ['RequestHeaderModifier', 'ResponseHeaderModifier'];

const named = (modifier: unknown, field: 'set' | 'add'): Readonly<Record<string, string>> =>
  Object.fromEntries(
    listAt(modifier, field).map((header) => [stringAt(header, 'name') ?? '', stringAt(header, 'value') ?? '']),
  );

const changesOf = (ref: unknown, field: 'requestHeaderModifier' | 'responseHeaderModifier'): readonly HeaderChanges[] =>
  listAt(ref, 'filters')
    .map((filter) => recordAt(filter, field))
    .filter((modifier) => Object.keys(modifier).length > 0)
    .map((modifier) => ({
      set: named(modifier, 'set'),
      add: named(modifier, 'add'),
      remove: listAt(modifier, 'remove').map(String),
    }));

const granted = (from: string, target: ServicePort, view: ObjectView): boolean =>
  from === target.namespace ||
  view
    .list('ReferenceGrant')
    .some(
      (grant) =>
        grant.metadata.namespace === target.namespace &&
        listAt(grant, 'spec', 'from').some(
          (entry) => stringAt(entry, 'kind') === 'HTTPRoute' && stringAt(entry, 'namespace') === from,
        ) &&
        listAt(grant, 'spec', 'to').some(
          (entry) =>
            stringAt(entry, 'kind') === 'Service' && [undefined, '', target.service].includes(stringAt(entry, 'name')),
        ),
    );

const problemOf = (ref: unknown, { from, target, view }: { from: string; target: ServicePort; view: ObjectView }) => {
  const kind = stringAt(ref, 'kind') ?? 'Service';
  const group = stringAt(ref, 'group') ?? '';
  const named = `${kind} ${target.namespace}/${target.service}`;
  if (kind !== 'Service' || group !== '') {
    return { reason: 'InvalidKind', message: `Cannot use ${named} as backend: want a Service of the core group` };
  }
  if (!granted(from, target, view)) {
    return { reason: 'RefNotPermitted', message: `No ReferenceGrant lets HTTPRoutes of ${from} refer to ${named}` };
  }
  if (view.get('Service', { namespace: target.namespace, name: target.service }) === undefined) {
    return { reason: 'BackendNotFound', message: `${named} does not exist` };
  }
  if (servicePortOf(view, target) === undefined) {
    return { reason: 'BackendNotFound', message: `${named} has no port ${target.port}` };
  }
  return undefined;
};

/** One backendRef of a rule or of a filter, with what is wrong with it. */
export const backendRefOf = (
  ref: unknown,
  { from, view }: { readonly from: string; readonly view: ObjectView },
): BackendRef => {
  const target = {
    namespace: stringAt(ref, 'namespace') ?? from,
    service: stringAt(ref, 'name') ?? '',
    port: numberAt(ref, 'port') ?? 0,
  };
  return {
    weight: numberAt(ref, 'weight') ?? 1,
    target,
    problem: problemOf(ref, { from, target, view }),
    request: changesOf(ref, 'requestHeaderModifier'),
    answer: changesOf(ref, 'responseHeaderModifier'),
  };
};

/** The backends of one rule of a route, with what is wrong with each. */
export const backendRefsOf = (route: KubeObject, rule: unknown, view: ObjectView): readonly BackendRef[] =>
  listAt(rule, 'backendRefs').map((ref) => backendRefOf(ref, { from: route.metadata.namespace ?? '', view }));

/** True when a rule of the route names this Service. */
export const usesService = (route: KubeObject, service: KubeObject): boolean => {
  const { namespace, name } = service.metadata;
  return listAt(route, 'spec', 'rules').some((rule) =>
    listAt(rule, 'backendRefs').some(
      (ref) => stringAt(ref, 'name') === name && (stringAt(ref, 'namespace') ?? route.metadata.namespace) === namespace,
    ),
  );
};
