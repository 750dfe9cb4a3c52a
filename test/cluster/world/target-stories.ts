import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { HistoryStatus } from '#src/api/canary-status.ts';
import { versionOf } from '#src/cli/demo/report.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { at, type JsonRecord, listAt, numberAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { apply, kubectl } from '../rig/kubectl.ts';
import type { ACluster } from './a-cluster.ts';
import { type AppliedApp, appliedApp, canaryOf } from './applied-app.ts';
import { METRICS } from './canary-manifest.ts';
import { imageOf, type Place, placeOf, routeReference, routeYaml } from './place.ts';
import { MOST_FAILURES } from './release-stories.ts';
import { report } from './report.ts';
import { until } from './until.ts';
import { failuresBeside, startUsers, type Users } from './users.ts';

const TARGETS = 'Kinds of targets on a real cluster, as the clients counted them';
const COLUMNS = ['target', 'release', 'outcome', 'took', 'requests', 'its requests', 'its failures', 'others failed'];

/** Versions that the stories release, and how they behave. */
const VERSIONS = { '6.0.0': {}, '6.1.0': {}, '6.2.0': {}, '6.3.0': {}, bad: { errorRate: 0.5 } };
export const targetImages = (): Readonly<Record<string, object>> =>
  Object.fromEntries(
    Object.entries(VERSIONS).map(([version, behaviour]) => [imageOf({ app: 'podinfo' }, version), behaviour]),
  );

/** Pods as most people have them: with a readiness probe, and a pause before SIGTERM for the gateway to notice. */
const podSpec = (place: Place, version: string): JsonRecord => ({
  terminationGracePeriodSeconds: 20,
  containers: [
    {
      name: 'app',
      image: imageOf(place, version),
      ports: [{ name: 'http', containerPort: 9898 }],
      readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 1 },
      lifecycle: { preStop: { sleep: { seconds: 5 } } },
    },
  ],
});

const serviceOf = (
  { namespace }: Place,
  { name, selector }: { readonly name: string; readonly selector: JsonRecord },
): JsonRecord => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { selector, ports: [{ name: 'http', port: 80, targetPort: 9898 }] },
});

/** A kind of target: what its team applies, and what must be so around it. */
type Kind = {
  readonly name: string;
  readonly namespace: string;
  readonly targetRef: (place: Place) => JsonRecord;
  /** What the team applies once, beside the first version. */
  readonly beside: (place: Place) => readonly JsonRecord[];
  /** What it applies to ask for a version. */
  readonly ask: (place: Place, version: string) => JsonRecord;
  /** Of the Canary's `spec.service`. */
  readonly service: JsonRecord;
  /** Awaited after the take-over: the target is as Serin keeps it. */
  readonly heldDown: (app: AppliedApp) => Promise<boolean>;
  /** Awaited after the end: it is as it was. */
  readonly givenBack: (app: AppliedApp) => Promise<boolean>;
  /** Where the canary runs; nowhere of its own when the pods are the team's. */
  readonly nodes: readonly string[];
};

const NODES = ['node-1', 'node-2', 'node-3'];
const DAEMON_SET = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'podinfo' };

const daemonSet = (name: string, updateStrategy: JsonRecord): Kind => {
  const scheduled = async (app: AppliedApp): Promise<number | undefined> => {
    const target = await app.read(DAEMON_SET);
    const observed = numberAt(target, 'status', 'observedGeneration') === target?.metadata.generation;
    return observed ? numberAt(target, 'status', 'desiredNumberScheduled') : undefined;
  };
  return {
    name,
    namespace: `targets-${name.toLowerCase().replace(/[^a-z]+/g, '-')}`,
    targetRef: ({ app }) => ({ ...DAEMON_SET, name: app }),
    beside: (place) => [serviceOf(place, { name: place.app, selector: { app: place.app } })],
    ask: (place, version) => ({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: place.app, namespace: place.namespace },
      spec: {
        selector: { matchLabels: { app: place.app } },
        updateStrategy,
        template: { metadata: { labels: { app: place.app } }, spec: podSpec(place, version) },
      },
    }),
    service: { port: 80, targetPort: 9898 },
    heldDown: async (app) => (await scheduled(app)) === 0,
    givenBack: async (app) => {
      const target = await app.read(DAEMON_SET);
      const selector = at(target, 'spec', 'template', 'spec', 'nodeSelector');
      return (await scheduled(app)) === NODES.length && selector === undefined;
    },
    nodes: NODES,
  };
};

const WANTED = { apiVersion: 'v1', kind: 'Service', name: 'wanted' };

const teamsOwn: Kind = {
  name: 'Service',
  namespace: 'targets-service',
  targetRef: () => WANTED,
  beside: (place) => [
    ...Object.keys(VERSIONS).map((version) => {
      const labels = { app: place.app, version };
      return {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: `${place.app}-${version.replaceAll('.', '-')}`, namespace: place.namespace },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: podSpec(place, version) },
        },
      };
    }),
    serviceOf(place, { name: place.app, selector: { app: place.app, version: '6.0.0' } }),
  ],
  ask: (place, version) => serviceOf(place, { name: WANTED.name, selector: { app: place.app, version } }),
  service: { port: 80, targetPort: 9898, name: 'podinfo' },
  heldDown: async () => true,
  givenBack: async (app) => {
    const apex = await app.read({ apiVersion: 'v1', kind: 'Service', name: 'podinfo' });
    const side = await app.read({ apiVersion: 'v1', kind: 'Service', name: 'podinfo-primary' });
    return side === undefined && apex?.metadata.labels?.['serin.dev/held'] === undefined;
  },
  nodes: [],
};

export const TARGET_KINDS: readonly Kind[] = [
  daemonSet('DaemonSet', { type: 'RollingUpdate' }),
  daemonSet('DaemonSet with surge', { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }),
  teamsOwn,
];

/** Nodes of those of the pods that are ready. */
const servedNodes = (pods: readonly KubeObject[]): readonly string[] =>
  pods
    .filter((pod) =>
      listAt(pod, 'status', 'conditions').some((one) => at(one, 'type') === 'Ready' && at(one, 'status') === 'True'),
    )
    .map((pod) => stringAt(pod, 'spec', 'nodeName') ?? '')
    .sort();

/**
 * The tests of one kind of target: taken over, a bad version, one pushed over another, a good one, and everything given
 * back, while users count.
 */
export const targetStories = (
  kind: Kind,
  { cluster, started }: { readonly cluster: Promise<ACluster>; readonly started: Users[] },
): void => {
  describe(kind.name, { concurrency: false }, () => {
    const place = placeOf({ namespace: kind.namespace, plane: 'HTTPRoute' });
    let here: { readonly app: AppliedApp; readonly users: Users } | undefined;
    const standing = () => here ?? assert.fail('the take-over has to succeed first');

    /** Runs `work`, writes down what the users counted meanwhile, and holds it against what may fail. */
    const counted = async (
      release: string,
      { version, most = 0, work }: { version?: string; most?: number; work: () => Promise<HistoryStatus | undefined> },
    ): Promise<HistoryStatus | undefined> => {
      const { users } = standing();
      const [quick, slow] = [users.quick.snapshot(), users.slow.snapshot()];
      const run = await work();
      await setTimeout(5000);
      const [counts, slowly] = [users.quick.since(quick), users.slow.since(slow)];
      const { requests = 0, failures = 0 } = counts.versions[version ?? ''] ?? {};
      const versions = version === undefined ? [] : [version];
      const others = failuresBeside(counts, versions) + failuresBeside(slowly, versions);
      const took = run === undefined ? '' : `${(Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000} s`;
      const cells = [kind.name, release, run?.outcome ?? '', took, counts.requests, requests, failures, others];
      report(TARGETS, { columns: COLUMNS, rows: [cells.map(String)] });
      assert.equal(others, 0, users.failures().slice(-10).join('\n'));
      assert.ok(failures <= most, `${failures} requests of ${version} failed, want at most ${most}`);
      return run;
    };

    test('a take-over under load loses no request', async () => {
      const { rig, client } = await cluster;
      await apply(rig, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: place.namespace } }]);
      await apply(rig, [...kind.beside(place), kind.ask(place, '6.0.0')]);
      await kubectl(rig, ['apply', '--server-side', '-f', '-'], { input: routeYaml(place) });
      const users = startUsers(place, { quick: 30, slow: 1 });
      started.push(users);
      await until('podinfo 6.0.0 that answers', () => users.quick.snapshot().versions['6.0.0'] !== undefined);
      await setTimeout(6000);
      const app = appliedApp({ rig, client }, place);
      here = { app, users };
      await counted('take-over', {
        work: async () => {
          const spec = {
            targetRef: kind.targetRef(place),
            routeRef: routeReference(place),
            service: kind.service,
            progressDeadlineSeconds: 90,
            analysis: { interval: '3s', threshold: 1, stepWeights: [10, 50], metrics: METRICS.HTTPRoute },
          };
          await apply(rig, [canaryOf(place, spec)]);
          await until(
            'take-over',
            async () => (await app.canary()).phase === 'Initialized' && (await kind.heldDown(app)),
          );
          return undefined;
        },
      });
    });

    const asked = async (version: string): Promise<void> => {
      await apply((await cluster).rig, [kind.ask(place, version)]);
    };

    test('a bad version is rolled back', async () => {
      const { app } = standing();
      const run = await counted('a bad version', {
        version: 'bad',
        most: MOST_FAILURES,
        work: async () => {
          await asked('bad');
          return app.ended('bad');
        },
      });
      assert.equal(run?.outcome, 'RolledBack', run?.sentence);
      assert.equal((await app.canary()).history.length, 1);
    });

    test('a version that is pushed over another supersedes it, and is promoted without a lost request', async () => {
      const { app } = standing();
      const { client } = await cluster;
      const run = await counted('6.1.0, then 6.2.0', {
        version: '6.2.0',
        work: async () => {
          await asked('6.1.0');
          await until('6.1.0 with traffic', async () => {
            const { run: going, canaryWeight = 0 } = await app.canary();
            return versionOf(going?.images ?? {}) === '6.1.0' && canaryWeight > 0;
          });
          const labelSelector = 'serin.dev/role=canary';
          const { items } = await client.list(RESOURCES.pod, { namespace: place.namespace, labelSelector });
          assert.deepEqual(servedNodes(items), kind.nodes);
          await asked('6.2.0');
          return app.ended('6.2.0');
        },
      });
      assert.equal(run?.outcome, 'Promoted', run?.sentence);
      const { history } = await app.canary();
      assert.deepEqual(
        history.map(({ outcome }) => outcome),
        ['Promoted', 'Superseded', 'RolledBack'],
      );
    });

    test('a good version is promoted without a lost request', async () => {
      const { app } = standing();
      const run = await counted('a good version', {
        version: '6.3.0',
        work: async () => {
          await asked('6.3.0');
          return app.ended('6.3.0');
        },
      });
      assert.equal(run?.outcome, 'Promoted', run?.sentence);
      assert.ok(await kind.heldDown(app));
    });

    test('everything is given back without a lost request', async () => {
      const { app } = standing();
      await counted('the end', {
        work: async () => {
          await app.deleteCanary();
          await until('what was before', () => kind.givenBack(app));
          return undefined;
        },
      });
    });
  });
};
