import { parseCanaryStatus } from '../../api/canary-status.ts';
import { stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { LoadCount } from '../../sandbox/load/load-count.ts';
import { type DrawOptions, type Surroundings, styleOf } from '../surroundings.ts';
import { LiveScreen } from '../view/live-screen.ts';
import { renderCanary } from '../view/render-canary.ts';
import { bold, clip, dim, plainText, type Style } from '../view/style.ts';
import { viewOf, type Workloads } from '../view/view-of.ts';
import { APP, NAMESPACE } from './manifests.ts';
import type { Received } from './receiver.ts';
import type { Stage } from './stage.ts';
import type { Narrator } from './story.ts';

/** What the user sees while the story goes on. */
export type Show = Narrator & {
  readonly onMessage: (message: Received) => void;
  /** Begins to show what happens on the stage. */
  readonly watch: (stage: Stage) => void;
  readonly close: () => void;
};

const clockText = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(6)} s`;

const eventText = (object: KubeObject): string => `${stringAt(object, 'reason')}: ${stringAt(object, 'note')}`;

/** One line for each thing that happens: for logs and for terminals that can't do more. */
export const plainShow = ({ clock, out }: Surroundings, { ascii = false }: Pick<DrawOptions, 'ascii'>): Show => {
  const begun = clock.monotonic();
  const line = (kind: string, text: string): void => {
    out.write(`${clockText(clock.monotonic() - begun)}  ${kind.padEnd(8)} ${plainText(text, { ascii })}\n`);
  };
  const seen = new Set<string>();
  return {
    say: (text) => {
      out.write('\n');
      line('story', text);
    },
    onMessage: ({ receiver, text }) => line(receiver, text),
    watch: (stage) => {
      stage.onChange((object) => {
        if (object.kind !== 'Event' || seen.has(object.metadata.name)) return;
        seen.add(object.metadata.name);
        line('event', eventText(object));
      });
      stage.onChange((object) => {
        if (object.kind !== 'Canary') return;
        for (const { id, commit } of parseCanaryStatus(object['status']).history) {
          if (commit === undefined || seen.has(commit)) continue;
          seen.add(commit);
          line('commit', `${commit.slice(0, 7)} tells of run ${id}`);
        }
      });
    },
    close: () => {},
  };
};

const KEPT_LINES = 8;
const TICK_MS = 250;

/** The live tree of the Canary under the headline, with the last events and messages below it. */
export const liveShow = (surroundings: Surroundings, options: DrawOptions): Show => {
  const { clock, out, atExit } = surroundings;
  const screen = new LiveScreen({ ...out, atExit }, clock);
  const recent: string[] = [];
  let headline = '';
  let begun: LoadCount | undefined;
  let stage: Stage | undefined;
  let open = true;
  const keep = (text: string): void => {
    recent.push(text);
    if (recent.length > KEPT_LINES) recent.shift();
  };
  const draw = (): void => {
    if (!open) return;
    const style = styleOf(surroundings, options);
    screen.draw([
      bold(clip(headline, style), style),
      '',
      ...(stage === undefined ? [] : scene(stage, style)),
      '',
      ...recent.map((text) => dim(clip(text, style), style)),
    ]);
  };
  const scene = (shown: Stage, style: Style): readonly string[] => {
    // Before anything serves, nothing can fail.
    if (begun === undefined && Object.keys(shown.load.snapshot().versions).length > 0) begun = shown.load.snapshot();
    const { requests, failures } = begun === undefined ? { requests: 0, failures: 0 } : shown.load.since(begun);
    const canary = shown.cluster.api.read({
      apiVersion: 'serin.dev/v1alpha1',
      kind: 'Canary',
      namespace: NAMESPACE,
      name: APP,
    });
    const { read, list } = shown.cluster.api;
    const workloads: Workloads = {
      workload: (name) => read({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: NAMESPACE, name }),
      replicaSets: () => list({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, { namespace: NAMESPACE }),
      pods: () => list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: NAMESPACE }),
      slices: () => [],
    };
    const view = canary === undefined ? undefined : viewOf(canary, { cluster: 'demo', workloads });
    const client = clip(`client   ${requests} requests sent, ${failures} failed`, style);
    if (view === undefined) return [client];
    return 'problem' in view
      ? [clip(view.problem, style), client]
      : [...renderCanary(view, { style, now: clock.now() }), '', client];
  };
  const tick = (): void => {
    if (!open) return;
    draw();
    clock.after(TICK_MS, tick);
  };
  const seen = new Set<string>();
  return {
    say: (text) => {
      headline = text;
      draw();
    },
    onMessage: ({ receiver, text }) => keep(`${receiver}: ${text}`),
    watch: (given) => {
      stage = given;
      given.onChange((object) => {
        if (object.kind === 'Event' && !seen.has(object.metadata.name)) {
          seen.add(object.metadata.name);
          keep(eventText(object));
        }
      });
      tick();
    },
    close: () => {
      open = false;
      screen.close();
    },
  };
};
