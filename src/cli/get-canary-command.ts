import { CliError, EXIT } from './exit-code.ts';
import { asCliError, type KubeFlags, openSession } from './kube-session.ts';
import { LiveCanary } from './live-canary.ts';
import { type DrawOptions, quitByKey, type Surroundings, styleOf } from './surroundings.ts';
import type { CanaryView } from './view/canary-view.ts';
import { LiveScreen } from './view/live-screen.ts';
import { renderCanary, renderChange } from './view/render-canary.ts';
import { structured } from './view/structured.ts';

export type GetCanaryOptions = KubeFlags &
  DrawOptions & {
    readonly name: string;
    readonly watch?: boolean;
    readonly output: 'text' | 'json' | 'yaml' | 'name';
  };

const CLOCK_TICK_MS = 1000;
/** How long the end of a run is held back for its commit, which usually takes less than a second. */
const COMMIT_MS = 10_000;

/** `serin get canary NAME [-w]`: one frame, or frames until it is settled; `-o json` gives the view, one a line with -w. */
export const getCanaryCommand = async (surroundings: Surroundings, options: GetCanaryOptions): Promise<void> => {
  const { clock, random, signal } = surroundings;
  const session = await openSession(surroundings, options);
  const { client, namespace } = session;
  const live = new LiveCanary({ client, clock, random, namespace, name: options.name });
  try {
    await live.start(signal);
    const first = live.view();
    if (first === undefined) {
      throw new CliError(`Canary ${namespace}/${options.name} does not exist`, {
        exitCode: EXIT.failed,
        hint: 'List them with: serin get canaries -A',
      });
    }
    if (options.watch !== true) show(first, surroundings, options);
    else await quitByKey(surroundings, (quit) => follow(live, { surroundings, options, quit, namespace }));
  } catch (error) {
    throw asCliError(error);
  } finally {
    await live.stop();
    await session.close();
  }
};

const show = (view: CanaryView, surroundings: Surroundings, options: GetCanaryOptions): void => {
  const style = styleOf(surroundings, options);
  const lines = renderCanary(view, { style, now: surroundings.clock.now() });
  surroundings.out.write(options.output === 'text' ? `${lines.join('\n')}\n` : lineOf(view, options.output));
};

/** A view as a script reads it, one after the other when it is followed. */
const lineOf = (view: CanaryView, output: 'json' | 'yaml' | 'name'): string =>
  output === 'name' ? `canary.serin.dev/${view.name}\n` : structured(view, output);

const isSettled = (view: CanaryView): boolean =>
  view.run === undefined && ['Initialized', 'Succeeded', 'Failed'].includes(view.phase);

type Following = {
  readonly surroundings: Surroundings;
  readonly options: GetCanaryOptions;
  readonly quit: AbortSignal;
  readonly namespace: string;
};

/** Shows every change until no run is left: frames on a terminal, a line of text or JSON per change elsewhere. */
const follow = async (live: LiveCanary, { surroundings, options, quit, namespace }: Following): Promise<void> => {
  const { clock, out, signal, atExit } = surroundings;
  const screen = new LiveScreen({ ...out, atExit }, clock);
  const frames = out.isTerminal && options.output === 'text';
  let shown = '';
  let settledAt: number | undefined;
  try {
    while (!quit.aborted) {
      if (signal.aborted) throw new CliError('', { exitCode: EXIT.interrupted });
      const view = live.view();
      if (view === undefined) {
        throw new CliError(`Canary ${namespace}/${options.name} was deleted`, { exitCode: EXIT.failed });
      }
      const style = styleOf(surroundings, options);
      const now = clock.now();
      const { output } = options;
      const line = output === 'text' ? renderChange(view, style) : lineOf(view, output);
      if (frames) screen.draw(renderCanary(view, { style, now, staleMs: live.staleMs() }));
      else if (line !== shown) {
        const between = output === 'yaml' && shown !== '' ? '---\n' : '';
        out.write(output === 'text' ? `${new Date(now).toISOString().slice(11, 19)}  ${line}\n` : between + line);
      }
      shown = line;
      settledAt = isSettled(view) ? (settledAt ?? clock.monotonic()) : undefined;
      const waitsForCommit = view.git?.state === 'Pending';
      if (settledAt !== undefined && (!waitsForCommit || clock.monotonic() - settledAt >= COMMIT_MS)) return;
      await live.changeOr(CLOCK_TICK_MS, AbortSignal.any([signal, quit]));
    }
  } finally {
    screen.close();
  }
};
