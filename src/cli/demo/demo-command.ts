import { writeFile } from 'node:fs/promises';
import { messageOf } from '../../lib/message-of.ts';
import { createLog } from '../../telemetry/log.ts';
import { CliError, EXIT } from '../exit-code.ts';
import { type DrawOptions, quitByKey, type Surroundings, styleOf } from '../surroundings.ts';
import { clip, mark, type Style } from '../view/style.ts';
import { liveShow, plainShow, type Show } from './narrate.ts';
import type { Report } from './report.ts';
import { type Stage, setStage } from './stage.ts';
import { tellStory } from './story.ts';

export type DemoOptions = DrawOptions & { readonly plain?: boolean; readonly report?: string };

/** `serin demo`: ends with 0 only when every expectation of the story held. Leaves nothing behind, also on Ctrl-C. */
export const demoCommand = async (surroundings: Surroundings, options: DemoOptions): Promise<void> => {
  const { out } = surroundings;
  const live = options.plain !== true && out.isTerminal;
  const show = live ? liveShow(surroundings, options) : plainShow(surroundings, options);
  const report = live
    ? await quitByKey(surroundings, (quit) => play(surroundings, { show, quit }))
    : await play(surroundings, { show });
  const style = { ...styleOf(surroundings, options), width: Infinity };
  out.write(
    `${summary(report, style)
      .map((line) => clip(line, style))
      .join('\n')}\n`,
  );
  if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
  const broken = report.expectations.filter(({ held }) => !held);
  if (broken.length > 0) {
    throw new CliError(`${broken.length} of ${report.expectations.length} expectations did not hold`, {
      exitCode: EXIT.failed,
    });
  }
};

/** Sets the stage, tells the story, and clears everything away, however it ended. */
const play = async (
  surroundings: Surroundings,
  { show, quit }: { readonly show: Show; readonly quit?: AbortSignal },
): Promise<Report> => {
  const { clock, environment } = surroundings;
  const signal = quit === undefined ? surroundings.signal : AbortSignal.any([surroundings.signal, quit]);
  const log = createLog({ level: environment['SERIN_LOG_LEVEL'] ?? 'silent', fd: 2, now: clock.now });
  let stage: Stage | undefined;
  try {
    stage = await setStage({ ...surroundings, signal }, { log, onMessage: show.onMessage });
    show.watch(stage);
    return await tellStory(stage, { narrator: show, now: clock.monotonic });
  } catch (cause) {
    if (signal.aborted) throw new CliError('Interrupted', { exitCode: EXIT.interrupted, cause });
    throw new CliError(messageOf(cause), {
      exitCode: EXIT.failed,
      hint: 'See what the controller did with: SERIN_LOG_LEVEL=debug serin demo --plain',
      cause,
    });
  } finally {
    show.close();
    await stage?.close();
  }
};

const heading = (text: string): readonly string[] => ['', text, '-'.repeat(text.length)];

const summary = (report: Report, style: Style): readonly string[] => [
  ...heading('Git log'),
  ...report.log,
  ...heading('The revert that Serin committed'),
  ...report.revert.trimEnd().split('\n'),
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
