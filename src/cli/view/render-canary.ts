import type { CheckStatus } from '../../api/canary-status.ts';
import type { CanaryView } from './canary-view.ts';
import { checkMark, outcomeMark, phaseMark } from './marks.ts';
import { renderTree } from './render-tree.ts';
import { hookLine, runLines, stepsText } from './run-lines.ts';
import { ageOf, bold, clip, mark, pad, type Style, shortImage } from './style.ts';

const LABEL = 9;
const BAR = 20;
/** Windows that are narrower get no tree. */
const TREE_COLUMNS = 60;

const number = (value: number): string => String(Number(value.toPrecision(4)));

const bar = (weight: number): string => {
  const full = Math.round((weight / 100) * BAR);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}]`;
};

const limitOf = ({ min, max }: CheckStatus): string =>
  [min === undefined ? [] : `≥ ${number(min)}`, max === undefined ? [] : `≤ ${number(max)}`].flat().join(', ');

/** A check with its value and its limit. */
export const checkLine = (check: CheckStatus, style: Style): string => {
  const unit = check.unit === undefined ? '' : ` ${check.unit}`;
  const value = check.value === undefined ? (check.message ?? 'no data') : `${number(check.value)}${unit}`;
  const dryRun = check.dryRun ? '   dry run' : '';
  return `${mark(checkMark(check), style)} ${pad(check.name, 22)} ${value}   limit ${limitOf(check)}${dryRun}`;
};

const headLine = (view: CanaryView, { style, now, staleMs }: RenderOptions): string => {
  const { run } = view;
  const where = view.cluster === undefined ? view.namespace : `${view.namespace} @ ${view.cluster}`;
  const step = run === undefined ? '' : `    step ${run.step.index}/${run.step.total}`;
  const age = run === undefined ? '' : `    ${ageOf(now - Date.parse(run.startedAt))}`;
  const stale = staleMs === undefined ? '' : `    ${mark('warning', style)} stale ${ageOf(staleMs)}`;
  return `${bold(view.name, style)}  ${where}     ${mark(phaseMark(view.phase), style)} ${view.phase}${step}${age}${stale}`;
};

/** How the last run ended: `RolledBack: why (commit abcdef1)`. */
export const lastText = ({ outcome, sentence, commit }: NonNullable<CanaryView['last']>): string =>
  `${outcome}: ${sentence}${commit === undefined ? '' : ` (commit ${commit.slice(0, 7)})`}`;

/** What happens next: `14:30:30 → 50 % if …`. */
const whenText = ({ at, action }: CanaryView['next']): string =>
  at === undefined ? action : `${at.slice(11, 19)} → ${action}`;

const commandsText = ({ commands = [] }: CanaryView['next']): string => commands.join(', or ');

/** The same on one line with the commands that help. */
export const nextText = (next: CanaryView['next']): string =>
  next.commands === undefined ? whenText(next) : `${whenText(next)}: ${commandsText(next)}`;

const trafficText = (weight: number, run: CanaryView['run']): string => {
  const { mirror, matched } = run?.weight ?? {};
  const copies = mirror === undefined ? '' : `, a copy of ${mirror}% of the requests`;
  return `${bar(weight)}  set ${weight}%${copies}${matched === true ? ', and the requests that match' : ''}`;
};

type Labelled = readonly [label: string, text: string];

/** The summary block under the headline, in the order in which people look for it. */
const summary = (view: CanaryView, style: Style): readonly Labelled[] => {
  const lines: Labelled[] = [];
  const { run, source, images, last, git, ready } = view;
  if (source !== undefined) {
    const author = source.author === undefined ? '' : ` (${source.author})`;
    lines.push(['source', `${source.commit.slice(0, 7)} ${source.subject ?? ''}${author}`]);
  }
  if (images.primary.length > 0) {
    const names = (references: readonly string[]): string => references.map(shortImage).join(', ');
    const canary = images.canary === undefined ? '' : ` primary → ${names(images.canary)} canary`;
    lines.push(['image', `${names(images.primary)}${canary}`]);
  }
  if (view.route !== undefined) lines.push(['traffic', trafficText(view.route.weight, run)]);
  lines.push(['steps', stepsText(view.plan, run, style)]);
  for (const [index, check] of view.checks.entries())
    lines.push([index === 0 ? 'checks' : '', checkLine(check, style)]);
  const { count, threshold } = view.failedChecks;
  if (count > 0) lines.push(['failed', `${count} of ${threshold} windows that end the run`]);
  for (const { name, waiting, wanted } of view.workloads) {
    if (waiting !== undefined && wanted > 0) lines.push(['waiting', `${name}: ${waiting}`]);
  }
  if (run !== undefined) lines.push(...runLines(run, style));
  if (ready.status === 'False') lines.push(['ready', `${mark('warning', style)} ${ready.message}`]);
  if (run?.sentence !== undefined) lines.push(['outcome', run.sentence]);
  else if (run === undefined && last !== undefined) {
    lines.push(['last', `${mark(outcomeMark(last.outcome), style)} ${lastText(last)}`]);
    for (const [index, hook] of (last.hooks ?? []).entries())
      lines.push([index === 0 ? 'hooks' : '', hookLine(hook, style)]);
  }
  if (git !== undefined && git.state !== 'Synced') {
    lines.push(['git', `${mark(git.state === 'Pending' ? 'waiting' : 'warning', style)} ${git.message}`]);
  }
  // On a line of their own, so that no window is too narrow for the commands.
  const help: readonly Labelled[] = view.next.commands === undefined ? [] : [['', commandsText(view.next)]];
  return [...lines, ['next', whenText(view.next)], ...help];
};

export type RenderOptions = {
  readonly style: Style;
  /** Wall time that ages are counted to. */
  readonly now: number;
  /** For how long the view could not be brought up to date; absent while it is. */
  readonly staleMs?: number | undefined;
};

/** The summary block alone, under its headline. Every line fits the width. */
export const renderSummary = (view: CanaryView, options: RenderOptions): readonly string[] => {
  const { style } = options;
  return [
    clip(headLine(view, options), style),
    ...summary(view, style).map(([label, text]) => clip(pad(label, LABEL) + text, style)),
  ];
};

/** The whole frame: the summary block, then the tree. Every line fits the width; below 60 columns the tree is left out. */
export const renderCanary = (view: CanaryView, options: RenderOptions): readonly string[] => {
  const { style } = options;
  const block = renderSummary(view, options);
  return style.width < TREE_COLUMNS ? block : [...block, '', ...renderTree(view, options)];
};

/** One change on one line, for what is not a terminal. */
export const renderChange = (view: CanaryView, style: Style): string => {
  const { run, last, next, phase } = view;
  const parts =
    run === undefined
      ? [last === undefined ? nextText(next) : lastText(last)]
      : [
          `step ${run.step.index}/${run.step.total}`,
          `${run.weight.set}%`,
          run.sentence === undefined ? nextText(next) : `${run.outcome}: ${run.sentence}`,
        ];
  return clip([`${mark(phaseMark(phase), style)} ${phase}`, ...parts].join('  '), { ...style, width: Infinity });
};
