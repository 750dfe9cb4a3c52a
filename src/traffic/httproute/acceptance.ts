import { at, listAt, numberAt, sameJson, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { keyOf } from '../../lib/kube-object.ts';
import type { Evidence, Objects } from '../router.ts';
import { parentsOf } from './gateway-plane.ts';

/** What one condition of one parent says of the route as it stands. */
type Answer = 'yes' | 'no' | 'pending' | 'unknown';

type Said = { readonly answer: Answer; readonly detail: string };

/** Conditions that must be True for the generation that stands. */
const WANTED = ['Accepted', 'ResolvedRefs'] as const;

const judge = (
  condition: unknown,
  { good, generation, name }: { readonly good: 'True' | 'False'; readonly generation: number; readonly name: string },
): Said => {
  const type = stringAt(condition, 'type');
  const words = [stringAt(condition, 'reason'), stringAt(condition, 'message')].filter(Boolean).join(': ');
  // 0 is what some controllers write for "not set".
  const seen = numberAt(condition, 'observedGeneration') ?? 0;
  if (seen > 0 && seen < generation) {
    return { answer: 'pending', detail: `${name} has answered for generation ${seen}, not yet for ${generation}` };
  }
  if (stringAt(condition, 'status') !== good) return { answer: 'no', detail: `${name}: ${type}: ${words}` };
  if (seen === 0) return { answer: 'unknown', detail: `${name} does not say which generation it has accepted` };
  return { answer: 'yes', detail: `${name}: ${words}` };
};

/** True when the parentRef of a status entry is this one; a missing group, kind or namespace is the default one. */
const answersFor = (answered: unknown, parent: unknown, namespace: string | undefined): boolean => {
  const key = (ref: unknown): unknown => [
    stringAt(ref, 'group') ?? 'gateway.networking.k8s.io',
    stringAt(ref, 'kind') ?? 'Gateway',
    stringAt(ref, 'namespace') ?? namespace,
    stringAt(ref, 'name'),
    stringAt(ref, 'sectionName'),
    numberAt(ref, 'port'),
  ];
  return sameJson(key(answered), key(parent));
};

/** What one parent says in one entry of the status. */
const readEntry = (entry: unknown, of: { readonly generation: number; readonly name: string }): readonly Said[] => {
  const conditions = listAt(entry, 'conditions');
  const find = (type: string): unknown => conditions.find((condition) => stringAt(condition, 'type') === type);
  const partial = find('PartiallyInvalid');
  return [
    ...WANTED.map((type): Said => {
      const condition = find(type);
      if (condition === undefined) return { answer: 'pending', detail: `${of.name} has not said ${type} yet` };
      return judge(condition, { ...of, good: 'True' });
    }),
    ...(stringAt(partial, 'status') === 'True' ? [judge(partial, { ...of, good: 'False' })] : []),
  ];
};

const RANK: readonly Answer[] = ['no', 'pending', 'unknown', 'yes'];

/**
 * What the Gateway API's status says of a route as it stands: every parent must have accepted it and resolved its
 * backends, for this generation. A part that was dropped, or an older version that stays in force ("Fall Back"), is a
 * refusal, though `Accepted` is True.
 */
export const routeAcceptance = (route: KubeObject, { get, sees = () => true }: Objects): Evidence => {
  const { namespace, generation = 0 } = route.metadata;
  const statuses = listAt(route, 'status', 'parents');
  const said = parentsOf(route).flatMap(({ written, object }): readonly Said[] => {
    const name = `${object.kind} ${keyOf(object)}`;
    const entries = statuses.filter((entry) => answersFor(at(entry, 'parentRef'), written, namespace));
    if (entries.length > 0) return entries.flatMap((entry) => readEntry(entry, { generation, name }));
    const isMissing = object.kind === 'Gateway' && get(object) === undefined && sees(object);
    return [{ answer: 'pending', detail: isMissing ? `${name} does not exist` : `${name} has not answered yet` }];
  });
  const worst = RANK.map((answer) => said.find((one) => one.answer === answer)).find((one) => one !== undefined);
  if (worst === undefined) return { ok: false, refused: true, detail: 'the route has no parentRefs' };
  const ok = worst.answer === 'unknown' ? 'unknown' : worst.answer === 'yes';
  return { ok, refused: worst.answer === 'no', detail: worst.detail };
};
