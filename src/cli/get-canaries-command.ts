import { parseCanaryStatus } from '../api/canary-status.ts';
import { parseCanary } from '../api/parse.ts';
import { Reflector } from '../kube/reflector.ts';
import { RESOURCES } from '../kube/resources.ts';
import { type KubeObject, keyOf } from '../lib/kube-object.ts';
import { sleep } from '../lib/sleep.ts';
import { problemText } from '../rollout/problems.ts';
import { CliError, EXIT } from './exit-code.ts';
import { asCliError, type KubeFlags, type KubeSession, openSession } from './kube-session.ts';
import { type DrawOptions, quitByKey, type Surroundings, styleOf } from './surroundings.ts';
import { changeOf, headOf, type ListedCanary, rowOf } from './view/canary-row.ts';
import { LiveScreen } from './view/live-screen.ts';
import { renderTable } from './view/render-table.ts';
import { structured } from './view/structured.ts';
import { viewOfParsed } from './view/view-of.ts';

export type GetCanariesOptions = KubeFlags &
  DrawOptions & {
    readonly allNamespaces?: boolean;
    readonly selector?: string;
    readonly watch?: boolean;
    readonly output: 'text' | 'wide' | 'json' | 'yaml' | 'name';
  };

const CLOCK_TICK_MS = 1000;

/** `serin get canaries`: every Canary of a namespace, or of all, as a table that can be watched. */
export const getCanariesCommand = async (surroundings: Surroundings, options: GetCanariesOptions): Promise<void> => {
  const session = await openSession(surroundings, options);
  const canaries = watching(surroundings, options, session);
  try {
    await canaries.start(surroundings.signal);
    if (options.watch !== true) return surroundings.out.write(listed(surroundings, options, canaries.list()));
    await quitByKey(surroundings, (quit) => follow(canaries, { surroundings, options, quit }));
  } catch (error) {
    throw asCliError(error);
  } finally {
    await canaries.stop();
    await session.close();
  }
};

const listedCanary = (object: KubeObject): ListedCanary => {
  const parsed = parseCanary(object);
  if (parsed.ok) {
    const { spec } = parsed;
    return { view: viewOfParsed(object, { spec, status: parseCanaryStatus(object['status']) }), spec };
  }
  const { namespace = '', name, creationTimestamp } = object.metadata;
  const age = creationTimestamp === undefined ? {} : { createdAt: creationTimestamp };
  return { namespace, name, ...age, problem: problemText(parsed.problems) };
};

/** The Canaries that are asked for, kept up to date by a watch. */
type Watching = {
  readonly start: (signal: AbortSignal) => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly list: () => readonly ListedCanary[];
  /** Resolves at the next change, after `ms`, or when `signal` is aborted. */
  readonly changeOr: (ms: number, signal: AbortSignal) => Promise<void>;
};

const watching = ({ clock, random }: Surroundings, options: GetCanariesOptions, session: KubeSession): Watching => {
  const { client, namespace } = session;
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  let wake = (): void => {};
  const reflector = new Reflector<KubeObject>({
    client,
    clock,
    random,
    resource: RESOURCES.canary,
    indexes: {},
    project: (object) => object,
    onError: (error) => failed.reject(error),
    ...(options.allNamespaces === true ? {} : { namespace }),
    ...(options.selector === undefined ? {} : { labelSelector: options.selector }),
  });
  reflector.store.onChange(() => wake());
  return {
    start: async (signal) => {
      const interrupt = (): void => failed.reject(new CliError('', { exitCode: EXIT.interrupted }));
      signal.addEventListener('abort', interrupt, { once: true });
      if (signal.aborted) interrupt();
      reflector.start();
      await Promise.race([reflector.whenSynced(), failed.promise]);
      if (reflector.health().state === 'absent') {
        throw new CliError('The cluster does not know Canaries of serin.dev', {
          exitCode: EXIT.failed,
          hint: 'Install them with: kubectl apply -k deploy/kustomize',
        });
      }
    },
    stop: () => reflector.stop(),
    list: () =>
      [...reflector.store.list()].sort((a, b) => keyOf(a.metadata).localeCompare(keyOf(b.metadata))).map(listedCanary),
    changeOr: async (ms, signal) => {
      const stop = new AbortController();
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await Promise.race([changed, sleep(clock, ms, AbortSignal.any([signal, stop.signal]))]);
      stop.abort();
    },
  };
};

/** As a script reads it. */
const plainView = (canary: ListedCanary): object =>
  'view' in canary ? canary.view : { kind: 'CanaryProblem', version: 1, ...canary };

const nameOf = (canary: ListedCanary): string =>
  `canary.serin.dev/${'view' in canary ? canary.view.name : canary.name}`;

const rowOptions = (surroundings: Surroundings, options: GetCanariesOptions) => ({
  // What goes through a pipe is not cut.
  style: {
    ...styleOf(surroundings, options),
    ...(surroundings.out.isTerminal ? {} : { width: Number.POSITIVE_INFINITY }),
  },
  now: surroundings.clock.now(),
  wide: options.output === 'wide',
  namespaces: options.allNamespaces === true,
});

const table = (surroundings: Surroundings, options: GetCanariesOptions, canaries: readonly ListedCanary[]) => {
  const drawn = rowOptions(surroundings, options);
  const rows = canaries.map((canary) => rowOf(canary, drawn));
  return renderTable(headOf(drawn), { rows, style: drawn.style });
};

const listed = (surroundings: Surroundings, options: GetCanariesOptions, canaries: readonly ListedCanary[]): string => {
  const { output } = options;
  if (output === 'json' || output === 'yaml') {
    return structured({ kind: 'CanaryListView', version: 1, items: canaries.map(plainView) }, output);
  }
  if (output === 'name') return canaries.map((canary) => `${nameOf(canary)}\n`).join('');
  if (canaries.length > 0) return `${table(surroundings, options, canaries).join('\n')}\n`;
  return options.allNamespaces === true ? 'There is no Canary\n' : 'There is no Canary here; -A shows all namespaces\n';
};

/** A line of text, JSON or a name for each Canary that has changed. */
const lineOf = (canary: ListedCanary, surroundings: Surroundings, options: GetCanariesOptions): string => {
  const { output } = options;
  if (output === 'name') return nameOf(canary);
  if (output === 'json') return JSON.stringify(plainView(canary));
  if (output === 'yaml') return `---\n${structured(plainView(canary), 'yaml')}`.trimEnd();
  return changeOf(canary, rowOptions(surroundings, options));
};

const follow = async (
  canaries: Watching,
  {
    surroundings,
    options,
    quit,
  }: { readonly surroundings: Surroundings; readonly options: GetCanariesOptions; readonly quit: AbortSignal },
): Promise<void> => {
  const { clock, out, signal, atExit } = surroundings;
  const screen = new LiveScreen({ ...out, atExit }, clock);
  const frames = out.isTerminal && (options.output === 'text' || options.output === 'wide');
  const isText = options.output === 'text' || options.output === 'wide';
  let shown: ReadonlySet<string> = new Set();
  try {
    while (!quit.aborted) {
      if (signal.aborted) throw new CliError('', { exitCode: EXIT.interrupted });
      const found = canaries.list();
      if (frames) screen.draw(table(surroundings, options, found));
      else {
        const lines = found.map((canary) => lineOf(canary, surroundings, options));
        const time = isText ? `${new Date(clock.now()).toISOString().slice(11, 19)}  ` : '';
        for (const line of lines) if (!shown.has(line)) out.write(`${time}${line}\n`);
        shown = new Set(lines);
      }
      await canaries.changeOr(CLOCK_TICK_MS, AbortSignal.any([signal, quit]));
    }
  } finally {
    screen.close();
  }
};
