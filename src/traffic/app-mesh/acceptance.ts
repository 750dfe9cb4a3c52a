import { listAt, numberAt, stringAt } from '../../lib/json.ts';
import type { ObjectRef } from '../../lib/kube-object.ts';
import { keyOf } from '../../lib/kube-object.ts';
import type { Evidence, Objects, RouteRef } from '../router.ts';
import { nodeRef, routerRef, serviceRef } from './names.ts';

type Answer = 'no' | 'pending' | 'unknown' | 'yes';
type Said = { readonly answer: Answer; readonly detail: string };

/** What App Mesh's controller says of one object as it stands. */
const readObject = (of: ObjectRef, { get }: Objects): Said => {
  const name = `${of.kind} ${keyOf(of)}`;
  const object = get(of);
  if (object === undefined) return { answer: 'pending', detail: `${name} does not exist yet` };
  const { generation = 0 } = object.metadata;
  const type = `${of.kind}Active`;
  const seen = numberAt(object, 'status', 'observedGeneration');
  const condition = listAt(object, 'status', 'conditions').find((it) => stringAt(it, 'type') === type);
  if (condition === undefined) return { answer: 'pending', detail: `App Mesh has not answered for ${name} yet` };
  if (seen !== undefined && seen < generation) {
    const detail = `${name}: App Mesh has answered for generation ${seen}, not yet for ${generation}`;
    return { answer: 'pending', detail };
  }
  const status = stringAt(condition, 'status');
  const words = [stringAt(condition, 'reason'), stringAt(condition, 'message')].filter(Boolean).join(': ');
  if (status === 'True') {
    if (seen !== undefined) return { answer: 'yes', detail: `${name}: ${type}` };
    return { answer: 'unknown', detail: `${name}: App Mesh does not say which generation it has taken` };
  }
  // Its controller gives no reason while the AWS API has it inactive; with one, it has said no.
  if (words === '') return { answer: 'pending', detail: `${name}: ${type} is ${status}` };
  return { answer: status === 'False' ? 'no' : 'pending', detail: `${name}: ${type}: ${words}` };
};

const RANK: readonly Answer[] = ['no', 'pending', 'unknown', 'yes'];

/**
 * What App Mesh says of all four objects, of which each must be active for its own generation. It means that the AWS API
 * has taken them; that the Envoys have, nobody tells.
 */
export const meshAcceptance = (objects: Objects, ref: RouteRef): Evidence => {
  // From the inside out: a router waits for its nodes, a service for its router.
  const parts = [nodeRef(ref, 'primary'), nodeRef(ref, 'canary'), routerRef(ref), serviceRef(ref)];
  const said = parts.map((of) => readObject(of, objects));
  const worst = RANK.flatMap((answer) => said.find((one) => one.answer === answer) ?? [])[0];
  if (worst === undefined) return { ok: false, refused: false, detail: 'App Mesh has not answered yet' };
  const ok = worst.answer === 'unknown' ? 'unknown' : worst.answer === 'yes';
  return { ok, refused: worst.answer === 'no', detail: worst.detail };
};
