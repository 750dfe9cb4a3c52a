import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, recordAt, stringAt } from '../../lib/json.ts';
import type { KubeObject, ObjectRef } from '../../lib/kube-object.ts';
import { keyOf } from '../../lib/kube-object.ts';
import type { Evidence, Objects, RouteRef } from '../router.ts';
import { routeTableRef, sideUpstream } from './names.ts';

/** States in the order of their numbers, which older versions write. */
const STATES = ['Pending', 'Accepted', 'Rejected', 'Warning'] as const;
type State = (typeof STATES)[number];

/** Worth of a report. A warning of the proxy's may concern others and is served; one of our own is a route left out. */
type Answer = 'no' | 'pending' | 'served';
type Said = { readonly answer: Answer; readonly detail: string };

const ANSWERS: Readonly<Record<State, { readonly own: Answer; readonly proxy: Answer }>> = {
  Pending: { own: 'pending', proxy: 'pending' },
  Accepted: { own: 'served', proxy: 'served' },
  Rejected: { own: 'no', proxy: 'no' },
  Warning: { own: 'pending', proxy: 'served' },
};

const readReport = (
  report: JsonRecord,
  of: { readonly name: string; readonly by: 'own' | 'proxy' },
): readonly Said[] => {
  const state = STATES.find((name, number) => report['state'] === name || report['state'] === number);
  const reason = (stringAt(report, 'reason') ?? '').trim();
  if (state === undefined) return [];
  return [{ answer: ANSWERS[state][of.by], detail: `${of.name}: ${state}${reason === '' ? '' : `: ${reason}`}` }];
};

/** Every report in a status: of each control plane, or of the only one as older versions have it, and of its proxies. */
const readStatus = (object: KubeObject, name: string): readonly Said[] => {
  const status = recordAt(object, 'status');
  const reports = 'state' in status ? [status] : Object.values(recordAt(status, 'statuses')).filter(isRecord);
  return reports.flatMap((report) => [
    ...readReport(report, { name, by: 'own' }),
    ...Object.values(recordAt(report, 'subresourceStatuses'))
      .filter(isRecord)
      .flatMap((proxy) => readReport(proxy, { name, by: 'proxy' })),
  ]);
};

const RANK: readonly Answer[] = ['no', 'pending', 'served'];

const worstOf = (said: readonly Said[]): Said | undefined =>
  RANK.map((answer) => said.find((one) => one.answer === answer)).find((one) => one !== undefined);

const readObject = (of: ObjectRef, { get }: Objects): Said => {
  const name = `${of.kind} ${keyOf(of)}`;
  const object = get(of);
  if (object === undefined) return { answer: 'pending', detail: `${name} does not exist yet` };
  const hint = of.kind === 'RouteTable' ? ': a VirtualService must delegate to it' : '';
  return (
    worstOf(readStatus(object, name)) ?? {
      answer: 'pending',
      detail: `Gloo has not reported on ${name} yet${hint}`,
    }
  );
};

/**
 * What Gloo reports of the RouteTable and of both Upstreams. Its reports carry no generation, so that an acceptance
 * never shows which version of the object it means: it is worth no more than "unknown". A rejection is told at once.
 */
export const glooAcceptance = (objects: Objects, ref: RouteRef): Evidence => {
  const parts = [routeTableRef(ref), sideUpstream(ref, 'primary'), sideUpstream(ref, 'canary')];
  const worst = worstOf(parts.map((of) => readObject(of, objects)));
  if (worst === undefined) return { ok: false, refused: false, detail: 'Gloo has not reported yet' };
  if (worst.answer !== 'served') return { ok: false, refused: worst.answer === 'no', detail: worst.detail };
  return { ok: 'unknown', refused: false, detail: `${worst.detail}, without saying for which generation` };
};
