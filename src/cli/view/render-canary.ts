import type { CheckStatus } from '../../api/canary-status.ts';
import type { Phase } from '../../api/words.ts';
import { assertNever } from '../../lib/assert-never.ts';
import type { CanaryView, WorkloadLine } from './canary-view.ts';
import { ageOf, bold, clip, cutMiddle, dim, kindIcon, type Mark, mark, pad, roleColor, type Style } from './style.ts';

const LABEL = 9;
const BAR = 20;

export const phaseMark = (phase: Phase): Mark => {
  switch (phase) {
    case 'Initializing':
    case 'Progressing':
    case 'Promoting':
    case 'Finalising':
      return 'progressing';
    case 'Initialized':
    case 'Succeeded':
      return 'good';
    case 'Waiting':
    case 'WaitingPromotion':
      return 'held';
    case 'Failed':
      return 'bad';
    case 'Terminating':
      return 'neutral';
    default:
      return assertNever(phase, 'phase');
  }
};

const checkMark = (check: CheckStatus): Mark =>
  check.verdict === 'pass' ? 'good' : check.verdict === 'fail' ? 'bad' : 'unknown';

const number = (value: number): string => String(Number(value.toPrecision(4)));

const limitOf = (check: CheckStatus, style: Style): string =>
  [
    check.min === undefined ? [] : `${style.ascii ? '>=' : '≥'} ${number(check.min)}`,
    check.max === undefined ? [] : `${style.ascii ? '<=' : '≤'} ${number(check.max)}`,
  ]
    .flat()
    .join(', ');

const bar = (weight: number): string => {
  const full = Math.round((weight / 100) * BAR);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}]`;
};

const stepsLine = (view: CanaryView, style: Style): string =>
  view.steps
    .map((weight, index) => {
      const done = view.run?.step.index ?? 0;
      if (view.run === undefined || index + 1 > done) return `${mark('waiting', style)} ${weight}`;
      if (index + 1 === done && view.run.outcome === undefined) return `${mark('progressing', style)} ${weight}`;
      return `${mark('good', style)} ${weight}`;
    })
    .join('  ');

const checkLine = (check: CheckStatus, style: Style): string => {
  const value =
    check.value === undefined
      ? (check.message ?? 'no data')
      : `${number(check.value)}${check.unit === undefined ? '' : ` ${check.unit}`}`;
  return `${mark(checkMark(check), style)} ${pad(check.name, 22)} ${value}   limit ${limitOf(check, style)}${check.dryRun ? '   dry run' : ''}`;
};

const workloadLine = (line: WorkloadLine, style: Style): readonly [string, string, string] => {
  const healthy = line.wanted === line.ready;
  const status =
    line.wanted === 0
      ? `${mark('neutral', style)} ScaledDown`
      : healthy
        ? `${mark('good', style)} Healthy`
        : `${mark('progressing', style)} Waiting`;
  const info = line.waiting ?? `${line.role} ${line.ready}/${line.wanted}`;
  return [roleColor(line.name, line.role, style), status, roleColor(info, line.role, style)];
};

const row = (cells: readonly [string, string, string, string], style: Style): string =>
  clip(
    `${pad(cells[0], Math.max(30, Math.min(44, style.width - 46)))}  ${pad(cells[1], 11)}  ${pad(cells[2], 14)}  ${cells[3]}`,
    style,
  );

/** The whole frame: the summary block, then the tree. Every line fits the width; below 60 columns the tree is left out. */
export const renderCanary = (
  view: CanaryView,
  options: { readonly style: Style; readonly now: number },
): readonly string[] => {
  const { style, now } = options;
  const label = (name: string, text: string): string => clip(pad(name, LABEL) + text, style);
  const { run } = view;
  const lines: string[] = [];
  const age = run === undefined ? '' : `    ${ageOf(now - Date.parse(run.startedAt))}`;
  const step = run === undefined ? '' : `    step ${run.step.index}/${run.step.total}${age}`;
  const where = view.cluster === undefined ? view.namespace : `${view.namespace} @ ${view.cluster}`;
  lines.push(
    clip(`${bold(view.name, style)}  ${where}     ${mark(phaseMark(view.phase), style)} ${view.phase}${step}`, style),
  );
  if (view.source !== undefined) {
    const author = view.source.author === undefined ? '' : ` (${view.source.author})`;
    lines.push(label('source', `${view.source.commit.slice(0, 7)} ${view.source.subject ?? ''}${author}`));
  }
  const canaryImages =
    view.images.canary === undefined
      ? ''
      : ` primary ${style.ascii ? '->' : '→'} ${view.images.canary.join(', ')} canary`;
  if (view.images.primary.length > 0) lines.push(label('image', `${view.images.primary.join(', ')}${canaryImages}`));
  if (view.route !== undefined) lines.push(label('traffic', `${bar(view.route.weight)}  set ${view.route.weight}%`));
  if (view.steps.length > 0) lines.push(label('steps', stepsLine(view, style)));
  for (const [index, check] of view.checks.entries())
    lines.push(label(index === 0 ? 'checks' : '', checkLine(check, style)));
  if (view.failedChecks.count > 0)
    lines.push(
      label('failed', `${view.failedChecks.count} of ${view.failedChecks.threshold} windows that end the run`),
    );
  if (view.ready.status === 'False') lines.push(label('ready', `${mark('warning', style)} ${view.ready.message}`));
  if (run?.sentence !== undefined) lines.push(label('outcome', run.sentence));
  else if (run === undefined && view.last !== undefined) {
    const commit = view.last.commit === undefined ? '' : ` (commit ${view.last.commit.slice(0, 7)})`;
    lines.push(
      label(
        'last',
        `${mark(view.last.outcome === 'Promoted' ? 'good' : view.last.outcome === 'RolledBack' ? 'bad' : 'neutral', style)} ${view.last.outcome}: ${view.last.sentence}${commit}`,
      ),
    );
  }
  const at = view.next.at === undefined ? '' : `${view.next.at.slice(11, 19)} ${style.ascii ? '->' : '→'} `;
  lines.push(label('next', `${at}${view.next.action}`));
  return style.width < 60 ? lines : [...lines, '', ...tree(view, options)];
};

const tree = (view: CanaryView, { style, now }: { readonly style: Style; readonly now: number }): readonly string[] => {
  const [tee, end, bare] = style.ascii ? ['|- ', '`- ', '|  '] : ['├──', '└──', '│  '];
  const age = (at: string | undefined): string => (at === undefined ? '' : ageOf(now - Date.parse(at)));
  const rows: string[] = [dim(row(['NAME', 'KIND', 'STATUS', 'INFO'], style), style)];
  rows.push(
    row(
      [
        `${kindIcon('canary', style)} ${view.name}`,
        'Canary',
        `${mark(phaseMark(view.phase), style)} ${view.phase}`,
        age(view.createdAt),
      ],
      style,
    ),
  );
  const canaries = view.workloads.filter((line) => line.role === 'canary');
  const stable = view.workloads.filter((line) => line.role === 'primary');
  if (view.run !== undefined) {
    rows.push(
      row(
        [
          `${tee}${kindIcon('run', style)} ${cutMiddle(view.run.id, 30)}`,
          'Run',
          `${mark('progressing', style)} step ${view.run.step.index}/${view.run.step.total}`,
          age(view.run.startedAt),
        ],
        style,
      ),
    );
    for (const line of canaries) {
      const [name, status, info] = workloadLine(line, style);
      rows.push(row([`${bare}${tee}${kindIcon('workload', style)} ${name}`, 'Deployment', status, info], style));
    }
    if (view.route !== undefined) {
      rows.push(
        row(
          [`${bare}${end}${kindIcon('route', style)} ${view.route.name}`, view.route.kind, `${view.route.weight}%`, ''],
          style,
        ),
      );
    }
  }
  rows.push(row([`${end}${kindIcon('run', style)} stable`, '-', '', view.images.primary.join(', ')], style));
  for (const line of stable) {
    const [name, status, info] = workloadLine(line, style);
    rows.push(row([`   ${end}${kindIcon('workload', style)} ${name}`, 'Deployment', status, info], style));
  }
  return rows;
};
