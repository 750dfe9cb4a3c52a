import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, recordAt, stringAt } from '../../lib/json.ts';
import type { KubeObject, ObjectRef } from '../../lib/kube-object.ts';
import { keyOf } from '../../lib/kube-object.ts';
import type { Evidence, Objects, RouteRef } from '../router.ts';
import { routeTableRef, sideUpstream } from './names.ts';

/** States in the order of their numbers, which older versions write. */
const STATES = ['Pending', 'Accepted', 'Rejected', 'Warning'] as const;
type State = (typeof STATES)[number];

type Said = { readonly state: State; readonly detail: string };

const stateOf = (report: JsonRecord): State | undefined =>
  STATES.find((state, number) => report['state'] === state || report['state'] === number);

/** Every report in a status: of each control plane, or of the only one as older versions have it, and of its proxies. */
const reportsOf = (object: KubeObject): readonly JsonRecord[] => {
  const status = recordAt(object, 'status');
  const reports = 'state' in status ? [status] : Object.values(recordAt(status, 'statuses')).filter(isRecord);
  return reports.flatMap((report) => [
    report,
    ...Object.values(recordAt(report, 'subresourceStatuses')).filter(isRecord),
  ]);
};

const RANK: readonly State[] = ['Rejected', 'Pending', 'Warning', 'Accepted'];

const readObject = (of: ObjectRef, { get }: Objects): Said => {
  const name = `${of.kind} ${keyOf(of)}`;
  const object = get(of);
  if (object === undefined) return { state: 'Pending', detail: `${name} does not exist yet` };
  const said = reportsOf(object).flatMap((report): readonly Said[] => {
    const state = stateOf(report);
    const reason = stringAt(report, 'reason') ?? '';
    return state === undefined ? [] : [{ state, detail: `${name}: ${state}${reason === '' ? '' : `: ${reason}`}` }];
  });
  const worst = RANK.flatMap((state) => said.find((one) => one.state === state) ?? [])[0];
  if (worst !== undefined) return worst;
  const hint = of.kind === 'RouteTable' ? ': a VirtualService must delegate to it' : '';
  return { state: 'Pending', detail: `Gloo has not reported on ${name} yet${hint}` };
};

/**
 * What Gloo reports of the RouteTable and of both Upstreams. Its reports carry no generation, so that an acceptance
 * never shows which version of the object it means: it is worth no more than "unknown". A rejection is told at once.
 */
export const glooAcceptance = (objects: Objects, ref: RouteRef): Evidence => {
  const said = [routeTableRef(ref), sideUpstream(ref, 'primary'), sideUpstream(ref, 'canary')].map((of) =>
    readObject(of, objects),
  );
  const worst = RANK.flatMap((state) => said.find((one) => one.state === state) ?? [])[0];
  if (worst === undefined || worst.state === 'Pending') {
    return { ok: false, refused: false, detail: worst?.detail ?? 'Gloo has not reported yet' };
  }
  if (worst.state === 'Rejected') return { ok: false, refused: true, detail: worst.detail };
  return { ok: 'unknown', refused: false, detail: `${worst.detail}, without saying for which generation` };
};
