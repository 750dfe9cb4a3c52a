import { load } from 'js-yaml';
import type { Condition } from '#src/api/canary-status.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { type JsonRecord, stringAt } from '#src/lib/json.ts';
import { apply, kubectl } from '../rig/kubectl.ts';
import type { ACluster } from '../world/a-cluster.ts';
import { type AppliedApp, appliedApp, canaryOf } from '../world/applied-app.ts';
import { deploymentYaml } from '../world/place.ts';
import { until } from '../world/until.ts';

export const APP = 'podinfo';
const LIMIT_MS = 60_000;

type Said = Pick<Condition, 'status' | 'reason' | 'message'>;

/** A namespace with an application of one pod and its Canary, on a plane where something is wrong. */
export type BadPlace = AppliedApp & {
  readonly namespace: string;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  readonly apply: (...objects: readonly unknown[]) => Promise<string>;
  /** Writes some fields of the Canary's spec. */
  readonly change: (spec: JsonRecord) => Promise<string>;
  /** Resolves when the Canary is Stalled with these words, or no longer so. */
  readonly stalled: (reason: string, words: RegExp) => Promise<unknown>;
  readonly mended: () => Promise<unknown>;
  readonly initialized: () => Promise<unknown>;
  /** Resolves with how often the Canary's events have said this, as soon as one has. */
  readonly told: (reason: string, words: RegExp) => Promise<number>;
};

export type Surroundings = {
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Port of the Service; its pods listen at 9898. */
  readonly port?: number;
  readonly objects?: readonly unknown[];
  /** Of the Canary. */
  readonly spec: JsonRecord;
};

/** Applies everything in one go, the Canary last: each call of kubectl costs a second of a busy core. */
export const badPlace = async (cluster: ACluster, around: Surroundings): Promise<BadPlace> => {
  const { namespace, labels = {}, port = 80, objects = [], spec } = around;
  const { rig, client } = cluster;
  const of = { namespace, app: APP, replicas: 1 };
  const app = appliedApp(cluster, of);
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: APP, namespace },
    spec: { selector: { app: APP }, ports: [{ name: 'http', port, targetPort: 9898 }] },
  };
  await apply(rig, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    service,
    ...objects,
    load(deploymentYaml(of, '6.0.0')),
    canaryOf(of, spec),
  ]);
  const within = (args: readonly string[]): Promise<string> => kubectl(rig, ['-n', namespace, ...args]);
  const condition = async (type: string): Promise<Said> =>
    (await app.canary()).conditions.find((one) => one.type === type) ?? { status: 'Unknown', reason: '', message: '' };
  const stalledAs = async (wanted: string, fits: (it: Said) => boolean): Promise<void> => {
    let last: Said | undefined;
    const look = async (): Promise<boolean> => {
      last = await condition('Stalled');
      return fits(last);
    };
    await until(`Stalled ${wanted} in ${namespace}`, look, LIMIT_MS).catch((cause: unknown) => {
      throw new Error(`The Canary in ${namespace} says Stalled ${JSON.stringify(last)}`, { cause });
    });
  };
  return {
    ...app,
    namespace,
    kubectl: (...args) => within(args),
    apply: (...all) => apply(rig, all),
    change: (spec) => within(['patch', 'canary', APP, '--type=merge', '-p', JSON.stringify({ spec })]),
    stalled: (reason, words) =>
      stalledAs(`${reason}: ${words}`, (it) => it.status === 'True' && it.reason === reason && words.test(it.message)),
    mended: () => stalledAs('False', ({ status }) => status === 'False'),
    initialized: () =>
      until(
        `take-over in ${namespace}`,
        async () => {
          const { phase, conditions } = await app.canary();
          const ready = conditions.find(({ type }) => type === 'Ready');
          return phase === 'Initialized' && ready?.status === 'True';
        },
        LIMIT_MS,
      ),
    told: (reason, words) =>
      until(
        `event ${reason}: ${words} in ${namespace}`,
        async () => {
          const { items } = await client.list(RESOURCES.event, { namespace });
          const found = items.filter(
            (event) => stringAt(event, 'reason') === reason && words.test(stringAt(event, 'note') ?? ''),
          );
          return found.length === 0 ? undefined : found.length;
        },
        LIMIT_MS,
      ),
  };
};
