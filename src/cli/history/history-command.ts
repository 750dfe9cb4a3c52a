import { parseCanaryStatus } from '../../api/canary-status.ts';
import { API_VERSION } from '../../api/names.ts';
import { isRun } from '../act/binding.ts';
import { CliError, EXIT } from '../exit-code.ts';
import { asCliError, type KubeFlags, openSession } from '../kube-session.ts';
import { type DrawOptions, type Surroundings, styleOf } from '../surroundings.ts';
import { structured } from '../view/structured.ts';
import { historyView, hooksOf, type KnownRun, knownRuns } from './history-view.ts';
import { readRuns } from './read-runs.ts';
import { renderHistory } from './render-history.ts';
import { renderRun } from './render-run.ts';

export type HistoryOptions = KubeFlags &
  DrawOptions & {
    readonly name: string;
    /** One run by its id or its number. */
    readonly run?: string;
    readonly output: 'text' | 'wide' | 'json' | 'yaml';
  };

/** `serin history NAME`: the finished runs of a Canary, or with `--run` the record of one. */
export const historyCommand = async (surroundings: Surroundings, options: HistoryOptions): Promise<void> => {
  const session = await openSession(surroundings, options);
  const { client, namespace } = session;
  const { name } = options;
  try {
    const canary = await client.get({ apiVersion: API_VERSION, kind: 'Canary', namespace, name });
    const records = await readRuns(client, { namespace, name });
    // Records outlive their Canary.
    if (canary === undefined && records.length === 0) {
      throw new CliError(`Canary ${namespace}/${name} does not exist`, {
        exitCode: EXIT.failed,
        hint: 'List them with: serin get canaries -A',
      });
    }
    const status = parseCanaryStatus(canary?.['status']);
    surroundings.out.write(
      options.run === undefined
        ? listed(surroundings, options, historyView({ namespace, name }, { status, records }))
        : single(surroundings, options, runNamed(knownRuns(status, records), options.run)),
    );
  } catch (error) {
    throw asCliError(error);
  } finally {
    await session.close();
  }
};

const runNamed = (runs: readonly KnownRun[], named: string): KnownRun => {
  const run = runs.find(({ id }) => isRun(id, named));
  if (run !== undefined) return run;
  const known = runs.slice(0, 5).map(({ id }) => id);
  throw new CliError(`Run ${named} is not known`, {
    exitCode: EXIT.failed,
    hint: known.length === 0 ? 'There is no finished run yet' : `The newest are ${known.join(', ')}`,
  });
};

/** What goes through a pipe is not cut. */
const styleFor = (surroundings: Surroundings, options: HistoryOptions) => {
  const style = styleOf(surroundings, options);
  return surroundings.out.isTerminal ? style : { ...style, width: Number.POSITIVE_INFINITY };
};

const listed = (surroundings: Surroundings, options: HistoryOptions, view: ReturnType<typeof historyView>): string => {
  const { output } = options;
  if (output === 'json' || output === 'yaml') return structured(view, output);
  const style = styleFor(surroundings, options);
  const lines = renderHistory(view, { style, now: surroundings.clock.now(), wide: output === 'wide' });
  return `${lines.join('\n')}\n`;
};

const single = (surroundings: Surroundings, options: HistoryOptions, run: KnownRun): string => {
  const { output } = options;
  if (output !== 'json' && output !== 'yaml') {
    return `${renderRun(run, styleFor(surroundings, options)).join('\n')}\n`;
  }
  const { id, record, entry, notes } = run;
  const hooks = hooksOf(run);
  const known = { ...(record ?? entry), ...notes, ...(hooks.length === 0 ? {} : { hooks }) };
  return structured({ kind: 'RunView', version: 1, id, ...known }, output);
};
