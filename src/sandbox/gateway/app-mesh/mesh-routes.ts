import { at, type JsonRecord, listAt, numberAt, recordAt, stringAt } from '../../../lib/json.ts';
import type { KubeObject } from '../../../lib/kube-object.ts';
import type { Place } from '../object-view.ts';
import { specificityOf } from './app-mesh-match.ts';

/** One route of a VirtualRouter, whatever its protocol. */
export type MeshRoute = {
  readonly match: JsonRecord;
  /** What it says beside its match and its targets: time-outs, retries. */
  readonly options: JsonRecord;
  readonly targets: readonly {
    /** The VirtualNode; undefined for one of another account, by its ARN. */
    readonly place: Required<Place> | undefined;
    readonly port: number | undefined;
    readonly weight: number;
  }[];
};

const PROTOCOLS = ['httpRoute', 'http2Route', 'grpcRoute', 'tcpRoute'];
/** What a route without a priority comes after. */
const LAST_PRIORITY = 1001;

/** The object of a reference, in the namespace of the one that refers to it unless it says another. */
export const placeOf = (ref: unknown, from: KubeObject): Required<Place> => ({
  namespace: stringAt(ref, 'namespace') ?? from.metadata.namespace ?? '',
  name: stringAt(ref, 'name') ?? '',
});

const contentOf = (route: unknown): JsonRecord =>
  recordAt(route, PROTOCOLS.find((protocol) => at(route, protocol) !== undefined) ?? '');

/** Routes of a VirtualRouter by priority, of which 0 goes first, and then by their paths. */
export const meshRoutes = (router: KubeObject): readonly MeshRoute[] => {
  const pathLength = (route: unknown): number => specificityOf(contentOf(route)['match']);
  return listAt(router, 'spec', 'routes')
    .toSorted(
      (a, b) =>
        (numberAt(a, 'priority') ?? LAST_PRIORITY) - (numberAt(b, 'priority') ?? LAST_PRIORITY) ||
        pathLength(b) - pathLength(a),
    )
    .map((route) => {
      const { match: _, action, ...options } = contentOf(route);
      const targets = listAt(action, 'weightedTargets').map((target) => {
        const ref = at(target, 'virtualNodeRef');
        return {
          place: ref === undefined ? undefined : placeOf(ref, router),
          port: numberAt(target, 'port'),
          weight: numberAt(target, 'weight') ?? 0,
        };
      });
      return { match: recordAt(contentOf(route), 'match'), options, targets };
    });
};
