import { listAt, numberAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { ObjectView } from './object-view.ts';
import { type ServicePort, servicePortOf } from './service-endpoints.ts';

/** One entry of a rule's backendRefs. */
export type BackendRef = {
  readonly weight: number;
  readonly target: ServicePort;
  /** Why its share is answered with 500. */
  readonly problem: { readonly reason: string; readonly message: string } | undefined;
};

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

/** The backends of one rule of a route, with what is wrong with each. */
export const backendRefsOf = (route: KubeObject, rule: unknown, view: ObjectView): readonly BackendRef[] => {
  const from = route.metadata.namespace ?? '';
  return listAt(rule, 'backendRefs').map((ref) => {
    const target = {
      namespace: stringAt(ref, 'namespace') ?? from,
      service: stringAt(ref, 'name') ?? '',
      port: numberAt(ref, 'port') ?? 0,
    };
    return { weight: numberAt(ref, 'weight') ?? 1, target, problem: problemOf(ref, { from, target, view }) };
  });
};

/** True when a rule of the route names this Service. */
export const usesService = (route: KubeObject, service: KubeObject): boolean => {
  const { namespace, name } = service.metadata;
  return listAt(route, 'spec', 'rules').some((rule) =>
    listAt(rule, 'backendRefs').some(
      (ref) => stringAt(ref, 'name') === name && (stringAt(ref, 'namespace') ?? route.metadata.namespace) === namespace,
    ),
  );
};
