import { writeFile } from 'node:fs/promises';
import { createLog } from '../../telemetry/log.ts';
import { CliError, EXIT } from '../exit-code.ts';
import { type Surroundings, wantsColor } from '../surroundings.ts';
import { mark, type Style } from '../view/style.ts';
import { liveShow, plainShow, type Show } from './narrate.ts';
import type { Report } from './report.ts';
import { setStage } from './stage.ts';
import { tellStory } from './story.ts';

export type DemoOptions = {
  readonly plain?: boolean;
  readonly report?: string;
  readonly ascii?: boolean;
  readonly color: 'auto' | 'always' | 'never';
};

/** `serin demo`: ends with 0 only when every expectation of the story held. Leaves nothing behind, also on Ctrl-C. */
export const demoCommand = async (surroundings: Surroundings, options: DemoOptions): Promise<void> => {
  const { clock, out, signal } = surroundings;
  const style = (): Style => ({
    width: out.columns(),
    color: wantsColor(surroundings, options.color),
    ascii: options.ascii ?? false,
  });
  const show: Show =
    options.plain === true || !out.isTerminal ? plainShow(surroundings) : liveShow(surroundings, { style });
  const log = createLog({ level: surroundings.environment['SERIN_LOG_LEVEL'] ?? 'silent', fd: 2, now: clock.now });
  let report: Report;
  const stage = await setStage(surroundings, { log, onMessage: show.onMessage });
  try {
    show.watch(stage);
    report = await tellStory(stage, { narrator: show, now: clock.monotonic });
  } catch (cause) {
    if (signal.aborted) throw new CliError('', { exitCode: EXIT.interrupted });
    throw cause;
  } finally {
    show.close();
    await stage.close();
  }
  out.write(`${summary(report, style()).join('\n')}\n`);
  if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
  const broken = report.expectations.filter(({ held }) => !held);
  if (broken.length > 0) {
    throw new CliError(`${broken.length} of ${report.expectations.length} expectations did not hold`, {
      exitCode: EXIT.failed,
    });
  }
};

const heading = (text: string): readonly string[] => ['', text, '-'.repeat(text.length)];

const summary = (report: Report, style: Style): readonly string[] => [
  ...heading('Git log'),
  ...report.log,
  ...heading('The revert that Serin committed'),
  report.revert.trimEnd(),
  ...heading('Messages as the receivers got them'),
  ...report.messages.map(({ receiver, text }) => `${receiver.padEnd(8)} ${text}`),
  ...heading('Kubernetes events'),
  ...report.events.map(({ type, reason, note }) => `${type.padEnd(8)} ${reason.padEnd(17)} ${note}`),
  ...heading('Requests as the load client counted them'),
  ...Object.entries(report.requests.versions).map(
    ([version, { requests, failures }]) =>
      `${version}  ${String(requests).padStart(6)} served, ${String(failures).padStart(4)} failed`,
  ),
  `without an answer of a version: ${report.requests.unversionedFailures} failed`,
  ...heading('Releases'),
  ...report.releases.map(
    ({ version, outcome, weights, durationSeconds, commit }) =>
      `${version}  ${outcome.padEnd(10)} ${durationSeconds.toFixed(1).padStart(5)} s  weights ${weights.join(', ') || 'none'}${commit === undefined ? '' : `  commit ${commit.slice(0, 7)}`}`,
  ),
  ...heading('Expectations'),
  ...report.expectations.map(({ name, held, detail }) => `${mark(held ? 'good' : 'bad', style)} ${name} (${detail})`),
  '',
  `The story took ${report.seconds.toFixed(1)} s.`,
];
