import type { CanaryView, WorkloadLine } from './canary-view.ts';
import { phaseMark } from './marks.ts';
import { ageOf, clip, cutMiddle, dim, kindIcon, mark, pad, roleColor, type Style, shortImage } from './style.ts';

const KIND = 10;
const STATUS = 13;
const AGE = 6;
/** Narrower windows have no room for ages. */
const AGE_COLUMNS = 80;
/** More pods than this that are not ready are counted, not listed. */
const LISTED_PODS = 10;

type Row = {
  /** Branches before the name. */
  readonly branch: string;
  readonly name: string;
  readonly role?: WorkloadLine['role'];
  readonly kind: string;
  readonly status: string;
  readonly since?: string | undefined;
  readonly info?: string;
};

type TreeOptions = { readonly style: Style; readonly now: number };

const nameColumns = (width: number): number => Math.max(20, Math.min(44, Math.floor(width / 2) - 10));

const drawn = (
  { branch, name, role = 'target', kind, status, since, info = '' }: Row,
  options: TreeOptions,
): string => {
  const { style, now } = options;
  const columns = nameColumns(style.width);
  const short = cutMiddle(name, { ...style, width: columns - branch.length });
  const age = since === undefined ? '' : ageOf(now - Date.parse(since));
  const cells = [
    pad(branch + roleColor(short, role, style), columns),
    pad(kind, KIND),
    pad(status, STATUS),
    ...(style.width < AGE_COLUMNS ? [] : [pad(age, AGE)]),
    roleColor(info, role, style),
  ];
  return clip(cells.join('  '), style).trimEnd();
};

const workloadRows = (
  line: WorkloadLine,
  { branch, under }: { branch: string; under: string },
  style: Style,
): Row[] => {
  const { kind, name, role, wanted, ready, pods = [], waiting } = line;
  const [tee, end] = branches(style);
  const status =
    wanted === 0
      ? `${mark('neutral', style)} ScaledDown`
      : waiting === undefined
        ? `${mark('good', style)} Healthy`
        : `${mark('progressing', style)} Waiting`;
  const icon = (kind: 'workload' | 'pod'): string => `${kindIcon(kind, style)} `;
  const rest = [
    ...(pods.length > LISTED_PODS ? [`+${pods.length - LISTED_PODS} not ready`] : []),
    ...(pods.length > 0 && ready > 0 ? [`+${ready} ready`] : []),
  ];
  const listed = pods.slice(0, LISTED_PODS);
  return [
    {
      branch: branch + icon('workload'),
      name,
      role,
      kind,
      status,
      since: line.createdAt,
      info: `${role} ${ready}/${wanted}`,
    },
    ...listed.map((pod, index) => ({
      branch: `${under}${index === listed.length - 1 && rest.length === 0 ? end : tee}${icon('pod')}`,
      name: pod.name,
      kind: 'Pod',
      status: `${mark('warning', style)} NotReady`,
      info: pod.reason,
    })),
    ...(rest.length === 0 ? [] : [{ branch: `${under}${end}`, name: rest.join(', '), kind: 'Pods', status: '' }]),
  ];
};

const branches = ({ ascii }: Style): readonly [tee: string, end: string, bar: string] =>
  ascii ? ['|--', '`--', '|  '] : ['├──', '└──', '│  '];

const runRows = (view: CanaryView, run: NonNullable<CanaryView['run']>, style: Style): readonly Row[] => {
  const [tee, end, bar] = branches(style);
  const rows: Row[] = [
    {
      branch: `${tee}${kindIcon('run', style)} `,
      name: run.id,
      kind: 'Run',
      status: `${mark('progressing', style)} step ${run.step.index}/${run.step.total}`,
      since: run.startedAt,
    },
  ];
  for (const line of view.workloads.filter(({ role }) => role === 'canary')) {
    rows.push(...workloadRows(line, { branch: bar + tee, under: bar + bar }, style));
  }
  if (view.route !== undefined) {
    const { name, kind, weight } = view.route;
    rows.push({
      branch: `${bar}${end}${kindIcon('route', style)} `,
      name,
      kind,
      status: `${weight}%`,
      since: run.weight.since,
    });
  }
  return rows;
};

/** The Canary as a tree: its run, what serves, and the pods that are not ready with their reasons. */
export const renderTree = (view: CanaryView, options: TreeOptions): readonly string[] => {
  const { style } = options;
  const [, end] = branches(style);
  const rows: Row[] = [
    {
      branch: `${kindIcon('canary', style)} `,
      name: view.name,
      kind: 'Canary',
      status: `${mark(phaseMark(view.phase), style)} ${view.phase}`,
      since: view.createdAt,
    },
    ...(view.run === undefined ? [] : runRows(view, view.run, style)),
    {
      branch: `${end}${kindIcon('run', style)} `,
      name: 'stable',
      kind: '-',
      status: '',
      info: view.images.primary.map(shortImage).join(', '),
    },
  ];
  for (const line of view.workloads.filter(({ role }) => role === 'primary')) {
    rows.push(...workloadRows(line, { branch: `   ${end}`, under: '      ' }, style));
  }
  const columns = style.width < AGE_COLUMNS ? ['STATUS'.padEnd(STATUS)] : ['STATUS'.padEnd(STATUS), 'AGE'.padEnd(AGE)];
  const head = ['NAME'.padEnd(nameColumns(style.width)), 'KIND'.padEnd(KIND), ...columns, 'INFO'].join('  ');
  return [dim(clip(head, style), style), ...rows.map((row) => drawn(row, options))];
};
