import type { ActionStatus, GateStatus, HookStatus } from '../../api/canary-status.ts';
import { assertNever } from '../../lib/assert-never.ts';
import type { Condition, RequestMatch } from '../../rollout/request-match.ts';
import type { RunView, StepView } from './run-view.ts';
import { type Mark, mark, type Style } from './style.ts';

/** Of what people did, the newest so many are shown. */
const SHOWN_ACTIONS = 3;

type Labelled = readonly [label: string, text: string];

/** The time of day of an RFC 3339 text. */
export const clockText = (time: string): string => time.slice(11, 19);

const because = (reason: string | undefined): string => (reason === undefined ? '' : `: ${reason}`);

const STRATEGIES = { canary: 'canary', blueGreen: 'blue/green', abTest: 'A/B' } as const;

const conditionText = ({ on, name, op, value }: Condition): string => {
  switch (op) {
    case 'exact':
      return `${on} ${name}=${value}`;
    case 'prefix':
      return value === '' ? `${on} ${name}` : `${on} ${name}=${value}…`;
    case 'regex':
      return `${on} ${name}~${value}`;
    default:
      return assertNever(op, 'op');
  }
};

/** Requests that go to the canary: conditions that hold together by `and`, requests by `or`. */
export const matchText = (match: readonly RequestMatch[]): string =>
  match.map((request) => request.map(conditionText).join(' and ')).join(' or ');

/** A step in a word or two: `30`, `mirror 100`, `match`. */
const stepWord = ({ weight, mirror, matched, windows }: StepView): string => {
  const what = matched === true ? 'match' : mirror === undefined ? String(weight) : `mirror ${mirror}`;
  return windows > 1 ? `${what} x${windows}` : what;
};

const stepMark = (index: number, run: RunView | undefined): Mark => {
  const done = run?.step.index ?? 0;
  if (run === undefined || index > done) return 'waiting';
  if (index < done || run.outcome !== undefined) return 'good';
  return run.paused === undefined && run.held === undefined ? 'progressing' : 'held';
};

/** Every step with its mark. */
export const stepsText = (plan: readonly StepView[], run: RunView | undefined, style: Style): string => {
  const steps = plan.map((step) => `${mark(stepMark(step.index, run), style)} ${stepWord(step)}`).join('  ');
  const { passed, windows } = run?.step ?? {};
  return windows === undefined || run?.outcome !== undefined ? steps : `${steps}   ${passed ?? 0} of ${windows} passed`;
};

const GATE_MARKS: Readonly<Record<GateStatus['state'], Mark>> = {
  Waiting: 'held',
  Open: 'good',
  Approved: 'good',
  Rejected: 'bad',
  Expired: 'bad',
};

/** A gate and what became of it, such as `load-test (confirm-promotion) waits since 14:20:11: 403`. */
export const gateText = ({ name, type, state, since, by = 'somebody', reason }: GateStatus): string => {
  const gate = `${name} (${type})`;
  switch (state) {
    case 'Waiting':
      return `${gate} waits since ${clockText(since)}${because(reason)}`;
    case 'Open':
      return `${gate} is open`;
    case 'Approved':
      return `${gate} approved by ${by}${because(reason)}`;
    case 'Rejected':
      return `${gate} rejected by ${by}${because(reason)}`;
    case 'Expired':
      return `${gate} has waited for too long`;
    default:
      return assertNever(state, 'gate');
  }
};

export const gateMark = ({ state }: GateStatus): Mark => GATE_MARKS[state];

/** A hook with its last answer, such as `acceptance (pre-rollout) 200 OK, 3 calls`. */
const hookText = ({ name, type, detail, passed, calls, failures = 0 }: HookStatus): string => {
  const failed = failures === 0 ? '' : `, ${failures} failed`;
  return `${name} (${type}) ${detail ?? (passed ? 'passed' : 'failed')}, ${calls} ${calls === 1 ? 'call' : 'calls'}${failed}`;
};

/** The same with its mark. */
export const hookLine = (hook: HookStatus, style: Style): string =>
  `${mark(hook.passed ? 'good' : 'bad', style)} ${hookText(hook)}`;

/** What a person did, such as `pause by alice@example.com at 14:20:11: lunch`. */
export const actionText = ({ verb, by, at, gate, reason }: ActionStatus): string => {
  const what = verb === 'promoteFull' ? 'promote --full' : verb;
  return `${what}${gate === undefined ? '' : ` ${gate}`} by ${by} at ${clockText(at)}${because(reason)}`;
};

const listed = (label: string, lines: readonly string[]): readonly Labelled[] =>
  lines.map((line, index) => [index === 0 ? label : '', line]);

const pausedText = ({ since, by = 'spec.suspend', reason }: NonNullable<RunView['paused']>): string =>
  `by ${by} since ${clockText(since)}${because(reason)}`;

/** What stands about a run beside its traffic, steps and checks: how it is released, and what people and hooks did. */
export const runLines = (run: RunView, style: Style): readonly Labelled[] => {
  const { strategy, match, paused, fast, gates = [], hooks = [], actions = [] } = run;
  return [
    ...(strategy === 'canary' ? [] : listed('strategy', [STRATEGIES[strategy]])),
    ...(match === undefined ? [] : listed('match', [matchText(match)])),
    ...(paused === undefined ? [] : listed('paused', [`${mark('held', style)} ${pausedText(paused)}`])),
    ...(fast === undefined ? [] : listed('analysis', [`${mark('unknown', style)} left out: ${fast}`])),
    ...listed(
      'gates',
      gates.map((gate) => `${mark(gateMark(gate), style)} ${gateText(gate)}`),
    ),
    ...listed(
      'hooks',
      hooks.map((hook) => hookLine(hook, style)),
    ),
    ...listed('actions', actions.slice(-SHOWN_ACTIONS).map(actionText)),
  ];
};
