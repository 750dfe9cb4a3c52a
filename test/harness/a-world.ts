import { Prometheus } from '#src/analysis/prometheus.ts';
import { type CanaryStatus, parseCanaryStatus } from '#src/api/canary-status.ts';
import type { HookAnswer } from '#src/hooks/call-hook.ts';
import { apiVersionOf, pathOf, resourceFor } from '#src/kube/resources.ts';
import type { Transport } from '#src/kube/transport.ts';
import { stringAt } from '#src/lib/json.ts';
import type { KubeObject, ObjectRef, Resource } from '#src/lib/kube-object.ts';
import { seededRandom } from '#src/lib/random.ts';
import { sleep } from '#src/lib/sleep.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import type { HookPayload, Message } from '#src/rollout/effect.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { ALL_RESOURCES } from '#src/sandbox/api/sandbox-api.ts';
import { type Cluster, startCluster } from '#src/sandbox/cluster.ts';
import type { ControlPlanes } from '#src/sandbox/gateway/start-gateway.ts';
import { MemoryGit } from '#src/sandbox/git/memory-git.ts';
import { GitOpsAgent } from '#src/sandbox/gitops/gitops-agent.ts';
import { type Load, startLoad } from '#src/sandbox/load/start-load.ts';
import type { HttpRequest } from '#src/sandbox/network/http.ts';
import { prometheusExchange } from '#src/sandbox/prometheus/in-process.ts';
import { type ImageBehaviour, ImageCatalogue } from '#src/sandbox/workloads/image-catalogue.ts';
import { HOST } from './manifests.ts';
import { type Process, type Surroundings, startProcess } from './process.ts';

/** Images that the tests release. */
const IMAGES: Readonly<Record<string, ImageBehaviour>> = {
  'podinfo:6.0.0': {},
  'podinfo:6.1.0': {},
  'podinfo:6.2.0': {},
  'podinfo:6.9.0-bad': { errorRate: 0.5 },
  'podinfo:6.9.1-crashing': { crash: { afterMs: 2000, exitCode: 137 } },
  'podinfo:6.9.2-unready': { neverReady: true },
  'podinfo:6.9.3-unpullable': { pullError: 'manifest unknown' },
};

/** A Prometheus address under which nobody answers; every other is the world's own. */
export const UNREACHABLE = 'http://gone.example.com:9090';

/** A message as its receiver got it. */
type Told = Message & { readonly to: string };

/** A call of a hook as its receiver got it. */
export type HookHeard = {
  readonly id: string;
  readonly url: string;
  readonly at: number;
  readonly payload: HookPayload;
};

/** A whole cluster with Git, a GitOps agent and users in it, in virtual time; controllers come and go. */
export type World = {
  readonly clock: VirtualClock;
  readonly cluster: Cluster;
  readonly load: Load;
  readonly git: MemoryGit;
  readonly messages: readonly Told[];
  readonly calls: readonly HookHeard[];
  /** What the images do, which may change while they run. */
  readonly images: ImageCatalogue;
  /** Starts a controller; `through` is put between it and the API server. */
  readonly startController: (
    options?: { readonly through?: (transport: Transport) => Transport } & Pick<Surroundings, 'log' | 'settings'>,
  ) => Process;
  readonly killControllers: () => void;
  /** Starts an agent that applies `apps/` of `git`, as Flux would. */
  readonly startAgent: () => GitOpsAgent;
  /** Applies an object as a person would, by `kubectl apply --server-side`. Throws what the API server answers. */
  readonly apply: (object: KubeObject) => void;
  /** Writes an object as it stands in a file, by `kubectl replace`: what the file does not say is gone. */
  readonly replace: (object: KubeObject) => void;
  readonly remove: (ref: ObjectRef) => void;
  readonly read: (ref: ObjectRef) => KubeObject | undefined;
  readonly canary: (name?: string) => CanaryStatus;
  /** `Reason: note`, oldest first; those that regard the Canary of this name when it is given. */
  readonly events: (canary?: string) => readonly string[];
  readonly stop: () => Promise<void>;
};

/** The kind of an object, which may be one that Serin does not know. */
const servedFor = (object: KubeObject): Resource => {
  const isIts = (resource: Resource): boolean =>
    resource.kind === object.kind && apiVersionOf(resource) === object.apiVersion;
  return ALL_RESOURCES.find(isIts) ?? resourceFor(object);
};

export const canaryRef = (name = 'podinfo'): ObjectRef => ({
  apiVersion: 'serin.dev/v1alpha1',
  kind: 'Canary',
  namespace: 'shop',
  name,
});

export type WorldOptions = {
  readonly rps?: number;
  readonly logLevel?: string;
  readonly seed?: number;
  /** What the receiver of hooks answers; it may take its time. By default 200. */
  readonly onHook?: (heard: HookHeard, clock: VirtualClock) => Promise<HookAnswer> | HookAnswer;
  /** How long Git and receivers of messages take to answer. @default 0 */
  readonly answerMs?: number;
  /** False for a cluster that lacks the validation of our CRDs. */
  readonly admitsSerin?: boolean;
  /** What App Mesh and Gloo say of their objects. */
  readonly controlPlanes?: ControlPlanes;
  /** How often Prometheus scrapes. @default 1000 */
  readonly scrapeIntervalMs?: number;
  /** What the users call. @default HOST */
  readonly host?: string;
  /** The n-th request of the users, where it is not a bare GET of `/`. */
  readonly request?: (n: number) => HttpRequest;
};

export const aWorld = (options: WorldOptions = {}): World => {
  const clock = new VirtualClock();
  const random = seededRandom(options.seed ?? 7);
  const catalogue = new ImageCatalogue(IMAGES);
  const { admitsSerin = true, answerMs = 0 } = options;
  const { controlPlanes = {}, host = HOST } = options;
  const virtual = { clock, listen: false, scrapeIntervalMs: options.scrapeIntervalMs ?? 1000 };
  const cluster = startCluster({ ...virtual, random, catalogue, admitsSerin, controlPlanes });
  const { api } = cluster;
  const manager = { manager: 'kubectl' };
  for (const name of ['shop', 'serin-system', 'flux-system']) {
    api.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, manager);
  }
  const load = startLoad({
    clock,
    requestsPerSecond: options.rps ?? 50,
    send: cluster.gateway.handle,
    host,
    ...(options.request === undefined ? {} : { request: options.request }),
  });
  const git = new MemoryGit();
  const messages: Told[] = [];
  const calls: HookHeard[] = [];
  const { onHook = () => ({ passed: true, detail: 'HTTP 200' }) } = options;
  const series = prometheusExchange({ store: cluster.series, clock });
  const prometheus = new Prometheus({
    exchange: async (request) => {
      if (request.url.startsWith(UNREACHABLE)) throw new Error('connect ECONNREFUSED');
      return series(request);
    },
  });
  const late = async (): Promise<void> => (answerMs === 0 ? undefined : sleep(clock, answerMs));
  const processes: Process[] = [];
  const agents: GitOpsAgent[] = [];
  return {
    clock,
    cluster,
    load,
    git,
    messages,
    calls,
    images: catalogue,
    startController: ({ through, log, settings } = {}) => {
      const transport = inProcessTransport(api, { user: 'serin' });
      const process = startProcess({
        transport: through?.(transport) ?? transport,
        clock,
        random,
        identity: `controller-${processes.length + 1}`,
        logLevel: options.logLevel,
        log,
        settings,
        outside: {
          ask: prometheus.ask,
          git: {
            inspect: git.inspect,
            commit: async (...args) => {
              const answer = await git.commit(...args);
              await late();
              return answer;
            },
          },
          deliver: async (message, { receiver }) => {
            messages.push({ ...message, to: receiver.address });
            await late();
            return { delivered: true, detail: 'kept' };
          },
          callHook: async ({ id, url, body }) => {
            const heard = { id, url, at: clock.now(), payload: JSON.parse(body) };
            calls.push(heard);
            return onHook(heard, clock);
          },
        },
      });
      processes.push(process);
      return process;
    },
    killControllers: () => {
      for (const process of processes) process.kill();
    },
    startAgent: () => {
      const agent = new GitOpsAgent({
        source: git,
        transport: inProcessTransport(api, { user: 'flux' }),
        clock,
        path: 'apps',
        name: 'apps',
        namespace: 'flux-system',
        intervalMs: 2000,
      });
      agents.push(agent);
      agent.start();
      return agent;
    },
    apply: (object) => {
      const { namespace, name } = object.metadata;
      const path = pathOf(servedFor(object), { namespace, name });
      const query = { fieldManager: 'kubectl', force: 'true' };
      const request = {
        method: 'PATCH',
        path,
        query,
        contentType: 'application/apply-patch+yaml',
        body: object,
      } as const;
      api.handle(request, { user: 'developer' });
    },
    replace: (object) => void api.write(object, manager),
    remove: (ref) => void api.remove(ref),
    read: api.read,
    canary: (name) => parseCanaryStatus(api.read(canaryRef(name))?.['status']),
    events: (canary) =>
      api
        .list({ apiVersion: 'events.k8s.io/v1', kind: 'Event' })
        .filter((event) => canary === undefined || stringAt(event, 'regarding', 'name') === canary)
        .map((event) => ({ at: stringAt(event, 'eventTime') ?? '', reason: event['reason'], note: event['note'] }))
        .sort((a, b) => a.at.localeCompare(b.at))
        .map(({ reason, note }) => `${reason}: ${note}`),
    stop: async () => {
      for (const process of processes) process.kill();
      for (const agent of agents) void agent.stop();
      void load.stop();
      void cluster.stop();
      await clock.settle();
    },
  };
};
