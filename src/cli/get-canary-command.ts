import { createKubeClient } from '../kube/create-client.ts';
import { isKubeError } from '../kube/kube-error.ts';
import { Reflector } from '../kube/reflector.ts';
import { RESOURCES } from '../kube/resources.ts';
import type { KubeObject, Resource } from '../lib/kube-object.ts';
import { messageOf } from '../lib/message-of.ts';
import { sleep } from '../lib/sleep.ts';
import { CliError, EXIT } from './exit-code.ts';
import { openTransport } from './kube-session.ts';
import type { Surroundings } from './surroundings.ts';
import { wantsColor } from './surroundings.ts';
import type { CanaryView } from './view/canary-view.ts';
import { LiveScreen } from './view/live-screen.ts';
import { renderCanary } from './view/render-canary.ts';
import type { Style } from './view/style.ts';
import { viewOf } from './view/view-of.ts';

export type GetCanaryOptions = {
  readonly name: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly watch?: boolean;
  readonly output: 'text' | 'json';
  readonly ascii?: boolean;
  readonly color: 'auto' | 'always' | 'never';
};

const CLOCK_TICK_MS = 1000;

/** `serin get canary NAME [-w]`: one frame, or frames until it is settled; `-o json` gives the view, one a line with -w. */
export const getCanaryCommand = async (surroundings: Surroundings, options: GetCanaryOptions): Promise<void> => {
  const { clock, random, out } = surroundings;
  const namespace = options.namespace ?? 'default';
  const context = options.context === undefined ? {} : { context: options.context };
  const source =
    options.kubeconfig === undefined
      ? ({ from: 'default' } as const)
      : ({ from: 'file', path: options.kubeconfig } as const);
  const transport = await openTransport({ ...source, ...context }, clock);
  const client = createKubeClient({ transport, clock, random });
  const style = (): Style => ({
    width: out.columns(),
    color: wantsColor(surroundings, options.color),
    ascii: options.ascii ?? false,
  });
  try {
    const first = await client.get({ apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace, name: options.name });
    if (first === undefined) {
      throw new CliError(`Canary ${namespace}/${options.name} does not exist`, {
        exitCode: EXIT.failed,
        hint: 'List them with: kubectl get canaries -A',
      });
    }
    const live = new LiveCanary({ client, clock, random, namespace, name: options.name });
    await live.start();
    try {
      if (options.watch !== true) show(live.view(), { surroundings, options, style: style() });
      else await follow(live, { surroundings, options, style });
    } finally {
      await live.stop();
    }
  } catch (error) {
    throw asCliError(error);
  } finally {
    await transport.close();
  }
};

const asCliError = (error: unknown): unknown => {
  if (isKubeError(error, 'Forbidden'))
    return new CliError(messageOf(error), { exitCode: EXIT.forbidden, cause: error });
  if (isKubeError(error, 'Unreachable') || isKubeError(error, 'Timeout') || isKubeError(error, 'Unauthorized')) {
    return new CliError(messageOf(error), { exitCode: EXIT.unavailable, cause: error });
  }
  return error;
};

type Shown = { readonly surroundings: Surroundings; readonly options: GetCanaryOptions };

const show = (view: CanaryView, { surroundings, options, style }: Shown & { readonly style: Style }): void => {
  const lines =
    options.output === 'json' ? [JSON.stringify(view)] : renderCanary(view, { style, now: surroundings.clock.now() });
  surroundings.out.write(`${lines.join('\n')}\n`);
};

const isSettled = (view: CanaryView): boolean =>
  view.run === undefined && ['Initialized', 'Succeeded', 'Failed'].includes(view.phase);

/** Shows every change: live on a terminal, a frame or a JSON line per change elsewhere. Ends when a run has ended. */
const follow = async (
  live: LiveCanary,
  { surroundings, options, style }: Shown & { readonly style: () => Style },
): Promise<void> => {
  const { clock, out, signal } = surroundings;
  const onTerminal = out.isTerminal && options.output === 'text';
  const screen = new LiveScreen({ write: out.write, rows: out.rows }, clock);
  let shown = '';
  try {
    while (!signal.aborted) {
      const view = live.view();
      const text = JSON.stringify(view);
      if (onTerminal) screen.draw(renderCanary(view, { style: style(), now: clock.now() }));
      else if (text !== shown) show(view, { surroundings, options, style: style() });
      shown = text;
      if (isSettled(view)) return;
      await live.changeOr(CLOCK_TICK_MS, signal);
    }
  } finally {
    screen.close();
  }
};

/** One Canary and its workloads, kept up to date by watches. */
class LiveCanary {
  readonly #canaries: Reflector<KubeObject>;
  readonly #deployments: Reflector<KubeObject>;
  readonly #options: { readonly namespace: string; readonly name: string } & Pick<Surroundings, 'clock'>;
  #wake: () => void = () => {};

  constructor(
    options: Pick<Surroundings, 'clock' | 'random'> & {
      readonly client: ReturnType<typeof createKubeClient>;
      readonly namespace: string;
      readonly name: string;
    },
  ) {
    this.#options = options;
    const { client, clock, random, namespace } = options;
    const reflector = (resource: Resource): Reflector<KubeObject> => {
      const made = new Reflector<KubeObject>({
        client,
        clock,
        random,
        resource,
        namespace,
        indexes: {},
        project: (object) => object,
      });
      made.store.onChange(() => this.#wake());
      return made;
    };
    this.#canaries = reflector(RESOURCES.canary);
    this.#deployments = reflector(RESOURCES.deployment);
  }

  async start(): Promise<void> {
    this.#canaries.start();
    this.#deployments.start();
    await Promise.all([this.#canaries.whenSynced(), this.#deployments.whenSynced()]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#canaries.stop(), this.#deployments.stop()]);
  }

  view(): CanaryView {
    const { namespace, name } = this.#options;
    const object = this.#canaries.store.get(`${namespace}/${name}`);
    if (object === undefined) throw new CliError(`Canary ${namespace}/${name} was deleted`, { exitCode: EXIT.failed });
    const view = viewOf(object, {
      deployment: (deployment) => this.#deployments.store.get(`${namespace}/${deployment}`),
    });
    if ('problem' in view)
      throw new CliError(`Cannot show Canary ${namespace}/${name}: ${view.problem}`, { exitCode: EXIT.failed });
    return view;
  }

  /** Resolves at the next change, or after `ms`. */
  async changeOr(ms: number, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const changed = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([changed, sleep(this.#options.clock, ms, AbortSignal.any([signal, stop.signal]))]);
    stop.abort();
  }
}
