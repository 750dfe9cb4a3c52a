import type { CanarySpec } from '../../api/canary.ts';
import { providerOf } from '../../api/provider.ts';
import type { CanaryView } from './canary-view.ts';
import { outcomeMark, phaseMark } from './marks.ts';
import { lastText, nextText } from './render-canary.ts';
import { ageOf, mark, type Style } from './style.ts';

/** One Canary in a list: its view, or what is wrong with its spec. */
export type ListedCanary =
  | { readonly view: CanaryView; readonly spec: CanarySpec }
  | { readonly namespace: string; readonly name: string; readonly createdAt?: string; readonly problem: string };

const BASIC = ['NAME', 'STATUS', 'STEP', 'WEIGHT', 'READY', 'OUTCOME', 'AGE'];
const WIDE = ['PROVIDER', 'SOURCE', 'CAUSE', 'NEXT'];

type RowOptions = { readonly style: Style; readonly now: number; readonly wide: boolean; readonly namespaces: boolean };

/** Names of the columns. */
export const headOf = ({ wide, namespaces }: Pick<RowOptions, 'wide' | 'namespaces'>): readonly string[] => [
  ...(namespaces ? ['NAMESPACE'] : []),
  ...BASIC,
  ...(wide ? WIDE : []),
];

const ageText = (createdAt: string | undefined, now: number): string =>
  createdAt === undefined ? '?' : ageOf(now - Date.parse(createdAt));

/** What a run waits for a person for is more than its phase. */
const statusText = ({ phase, run }: CanaryView, style: Style): string => {
  if (run?.paused !== undefined) return `${mark('held', style)} Paused`;
  const isHeld = run?.held !== undefined || run?.gates?.some(({ state }) => state === 'Waiting') === true;
  return isHeld ? `${mark('held', style)} Held` : `${mark(phaseMark(phase), style)} ${phase}`;
};

const cellsOf = ({ view, spec }: Extract<ListedCanary, { readonly view: CanaryView }>, options: RowOptions) => {
  const { style, now, wide } = options;
  const { name, run, route, ready, last, createdAt, source } = view;
  const basic = [
    name,
    statusText(view, style),
    run === undefined ? '-' : `${run.step.index}/${run.step.total}`,
    `${route?.weight ?? 0}`,
    ready.status === 'True' ? 'True' : `${ready.status} (${ready.reason})`,
    last === undefined ? '-' : `${mark(outcomeMark(last.outcome), style)} ${last.outcome}`,
    ageText(createdAt, now),
  ];
  const cause = run?.cause ?? last?.cause ?? '-';
  return wide
    ? [...basic, providerOf(spec) ?? '-', source?.commit.slice(0, 7) ?? '-', cause, nextText(view.next)]
    : basic;
};

/** The row of a Canary, under `headOf` of the same options. */
export const rowOf = (canary: ListedCanary, options: RowOptions): readonly string[] => {
  const { style, now, wide, namespaces } = options;
  if ('view' in canary) return [...(namespaces ? [canary.view.namespace] : []), ...cellsOf(canary, options)];
  const { namespace, name, createdAt, problem } = canary;
  const basic = [name, `${mark('warning', style)} Invalid`, '-', '-', 'False', '-', ageText(createdAt, now)];
  const rest = wide ? ['-', '-', '-', problem] : [];
  return [...(namespaces ? [namespace] : []), ...basic, ...rest];
};

/** One change of a Canary on one line, for what is not a terminal. */
export const changeOf = (canary: ListedCanary, options: Pick<RowOptions, 'style'>): string => {
  if (!('view' in canary)) return `${canary.namespace}/${canary.name}  Invalid  ${canary.problem}`;
  const { namespace, name, run, last, next } = canary.view;
  const where = `${namespace}/${name}  ${statusText(canary.view, options.style)}`;
  if (run === undefined) return `${where}  ${last === undefined ? nextText(next) : lastText(last)}`;
  return `${where}  step ${run.step.index}/${run.step.total}  ${run.weight.set}%  ${run.sentence ?? nextText(next)}`;
};
