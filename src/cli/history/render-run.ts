import type { RunRecord } from '../../api/canary-run.ts';
import type { StepStatus } from '../../api/canary-status.ts';
import { changeText } from '../../rollout/version-text.ts';
import { outcomeMark } from '../view/marks.ts';
import { checkLine } from '../view/render-canary.ts';
import { actionText, clockText, gateMark, gateText, hookLine } from '../view/run-lines.ts';
import { ageOf, bold, clip, mark, pad, type Style } from '../view/style.ts';
import { hooksOf, type KnownRun } from './history-view.ts';
import { waitedMs } from './waited.ts';

const LABEL = 10;

const listed = (label: string, lines: readonly string[]): readonly string[] =>
  lines.map((line, index) => pad(index === 0 ? label : '', LABEL) + line);

const dateText = (time: string): string => `${time.slice(0, 10)} ${clockText(time)}Z`;

const stepLine = ({ index, weight, mirror, matched, from, to, level }: StepStatus): string => {
  const what =
    matched === true ? 'requests that match' : mirror === undefined ? `${weight}%` : `${weight}%, mirror ${mirror}%`;
  const until = to === undefined ? '' : ` - ${clockText(to)}`;
  return `${index}  ${what}  ${clockText(from)}${until}${level === undefined ? '' : `  ${level}`}`;
};

const timeLine = ({ startedAt, endedAt, ...rest }: RunRecord): string => {
  const waited = waitedMs({ startedAt, endedAt, ...rest });
  const took = ageOf(Date.parse(endedAt) - Date.parse(startedAt));
  return `${dateText(startedAt)} - ${dateText(endedAt)}, took ${took}${waited === 0 ? '' : `, waited ${ageOf(waited)}`}`;
};

const imageLines = ({ images, digests = {} }: Pick<RunRecord, 'images' | 'digests'>): readonly string[] =>
  Object.entries(images).map(([container, image]) => {
    const digest = digests[container];
    return `${container}: ${image}${digest === undefined ? '' : `, ran as ${digest.slice(0, 19)}…`}`;
  });

/** One run in full: what its record holds, and where Git tells of it. Lines are cut at the window's edge. */
export const renderRun = (run: KnownRun, style: Style): readonly string[] => {
  const { id, record, entry, notes } = run;
  const known = record ?? entry;
  if (known === undefined) return [];
  const { outcome, cause, sentence, revision, previous, source } = known;
  const git = [
    ...(notes.commit === undefined ? [] : [`commit ${notes.commit}`]),
    ...(notes.pullRequest === undefined ? [] : [notes.pullRequest]),
    ...(notes.unwritten === undefined ? [] : [`not written: ${notes.unwritten}`]),
  ];
  const lines = [
    `${bold(id, style)}     ${mark(outcomeMark(outcome), style)} ${outcome}${cause === undefined ? '' : ` (${cause})`}`,
    ...listed('why', [sentence]),
    ...listed('version', [
      `${changeText(entry?.previousImages ?? {}, known)}, revision ${revision}, ${previous} served`,
    ]),
    ...listed('images', imageLines(known)),
    ...(record === undefined
      ? listed('time', [`${dateText(known.startedAt)} - ${dateText(known.endedAt)}`])
      : [
          ...listed('time', [timeLine(record)]),
          ...listed('strategy', [`${record.strategy} by ${record.provider || 'no data plane'}`]),
        ]),
    ...(source === undefined
      ? []
      : listed('source', [
          `${source.commit.slice(0, 7)} ${source.subject ?? ''}${source.author === undefined ? '' : ` (${source.author})`}`,
        ])),
    ...listed('git', git),
    ...(record === undefined ? [] : judgedLines(record, style)),
    ...listed(
      'hooks',
      hooksOf(run).map((hook) => hookLine(hook, style)),
    ),
    ...(record === undefined
      ? listed('record', [`CanaryRun ${id} is gone: only what status.history keeps is shown`])
      : changedLines(record)),
  ];
  return lines.map((line) => clip(line, style));
};

/** What the run was judged by. */
const judgedLines = ({ steps, checks, gates = [] }: RunRecord, style: Style): readonly string[] => [
  ...listed('steps', steps.map(stepLine)),
  ...listed(
    'checks',
    checks.map((check) => `${clockText(check.at)}  ${checkLine(check, style)}`),
  ),
  ...listed(
    'gates',
    gates.map((gate) => `${mark(gateMark(gate), style)} ${gateText(gate)}`),
  ),
];

/** What people did meanwhile. */
const changedLines = ({ actions = [], changes = [] }: RunRecord): readonly string[] => [
  ...listed('actions', actions.map(actionText)),
  ...listed(
    'changes',
    changes.map(({ at, generation, what }) => `${clockText(at)} generation ${generation}: ${what}`),
  ),
];
