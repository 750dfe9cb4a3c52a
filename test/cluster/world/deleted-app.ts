import assert from 'node:assert/strict';
import { ROLE_LABEL } from '#src/api/names.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { type JsonRecord, numberAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { apply, kubectl } from '../rig/kubectl.ts';
import type { ACluster } from './a-cluster.ts';
import { type AppliedApp, appliedApp } from './applied-app.ts';
import { METRICS, REFERENCES } from './canary-manifest.ts';
import { counted } from './counted.ts';
import { imageOf, type Place, placeOf, routeReference, routeYaml, serviceYaml } from './place.ts';
import { report } from './report.ts';
import { mayPatch } from './rights.ts';
import { until } from './until.ts';
import { startUsers, type Users } from './users.ts';

const VERSIONS = ['6.0.0', '6.1.0'] as const;
export const deletedImages = (): Readonly<Record<string, object>> =>
  Object.fromEntries(VERSIONS.map((version) => [imageOf({ app: 'podinfo' }, version), {}]));

/** Ways in which kubectl deletes what an object owns. */
export type Cascade = 'background' | 'foreground' | 'orphan';

const CANARY = { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary' } as const;
/** In each of them everything that Serin has made carries the uid of its Canary. */
const KINDS = [
  ...[RESOURCES.deployment, RESOURCES.controllerRevision, RESOURCES.service, RESOURCES.configMap, RESOURCES.secret],
  ...[RESOURCES.httpRoute, RESOURCES.ingress, RESOURCES.horizontalPodAutoscaler, RESOURCES.podDisruptionBudget],
];
const TITLE = 'Canaries that are deleted, as the clients counted them';
const COLUMNS = ['what', 'plane', 'gone after', 'requests', 'failed', 'slow requests', 'slow failed'];
/** Quick requests in which the slow ones end that were under way. */
const ENOUGH = 100;

/** An application that Serin has taken over, under steady load, and whose Canary is about to go. */
export type DeletedApp = {
  readonly app: AppliedApp;
  readonly place: Place;
  readonly users: Users;
  /** Asks for a new version, and resolves when the canary has a tenth of the requests. */
  readonly push: () => Promise<void>;
  /** `kubectl delete`, which has to end by itself; gives how long that took, s. */
  readonly remove: (cascade?: Cascade, seconds?: number) => Promise<number>;
  readonly deleted: () => Promise<boolean>;
  /** Such as `Service podinfo-primary`: what Serin has made and what carries something of it. */
  readonly left: () => Promise<readonly string[]>;
  /** Throws unless route and Service are as they were before the take-over, and nothing of Serin's is left. */
  readonly assertRestored: () => Promise<void>;
  /** As that, and the target is as it was and serves with all of its pods. */
  readonly assertGivenBack: () => Promise<void>;
  /** The users ask so much more that nothing is under way that was before. */
  readonly askOn: () => Promise<void>;
  /** Does the work, lets the users ask on, writes down what they counted and throws when a request was lost. */
  readonly unnoticed: (what: string, work: () => Promise<number>) => Promise<void>;
  /** Notes of the events in the namespace. */
  readonly notes: () => Promise<readonly string[]>;
};

/** The first version serves users who are counted, and has been taken over. */
export const aDeletedApp = async (
  cluster: ACluster,
  { started, ...of }: Pick<Place, 'namespace' | 'plane'> & { readonly started: Users[] },
): Promise<DeletedApp> => {
  const { rig, client } = cluster;
  const place = placeOf({ ...of, replicas: 2 });
  const { namespace, app: name } = place;
  const app = appliedApp(cluster, place);
  const apex = { apiVersion: 'v1', kind: 'Service', name };
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name };

  const metadataOf = (object: KubeObject | undefined): JsonRecord => {
    const { labels = {}, annotations = {} } = object?.metadata ?? {};
    return { labels, annotations };
  };
  const seenAround = async (): Promise<readonly unknown[]> => {
    const both = await Promise.all([routeReference(place), apex].map(app.read));
    return both.map((object) => ({ ...metadataOf(object), spec: object?.['spec'] }));
  };
  /** But for the version, for which the team asks. */
  const seenTarget = async (): Promise<unknown> => {
    const found = await app.read(target);
    const spec = JSON.stringify(found?.['spec'] ?? null).replaceAll(/podinfo:6\.\d\.0/g, 'podinfo');
    return { labels: found?.metadata.labels ?? {}, spec: JSON.parse(spec) };
  };
  const ready = async (): Promise<number | undefined> => numberAt(await app.read(target), 'status', 'readyReplicas');
  const left: DeletedApp['left'] = async () => {
    const all = await Promise.all(KINDS.map(async (kind) => (await client.list(kind, { namespace })).items));
    const isOurs = ({ metadata: { labels = {}, annotations = {} } }: KubeObject): boolean =>
      [...Object.keys(labels), ...Object.keys(annotations)].some((key) => key.startsWith('serin.dev/'));
    return all.flatMap((items, index) =>
      items.filter(isOurs).map(({ metadata }) => `${KINDS[index]?.kind} ${metadata.name}`),
    );
  };
  const deleted: DeletedApp['deleted'] = async () => (await app.read({ ...CANARY, name })) === undefined;

  await apply(rig, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...mayPatch(namespace)]);
  await app.deploy('6.0.0');
  const around = `${serviceYaml(place)}---\n${routeYaml(place)}`;
  await kubectl(rig, ['apply', '--server-side', '-f', '-'], { input: around });
  const users = startUsers(place, { quick: 25, slow: 1 });
  started.push(users);
  await until(
    `podinfo 6.0.0 that answers in ${namespace}`,
    () => users.quick.snapshot().versions['6.0.0'] !== undefined,
  );
  await until(`two pods in ${namespace}`, async () => (await ready()) === place.replicas);
  const before = { around: await seenAround(), target: await seenTarget() };
  await app.addCanary({
    [REFERENCES[place.plane]]: routeReference(place),
    service: { port: 80, targetPort: 'http' },
    progressDeadlineSeconds: 60,
    // The first weight stands for as long as a test looks at it.
    analysis: { interval: '60s', threshold: 1, stepWeights: [10, 50], metrics: METRICS[place.plane] },
  });
  await until(`take-over in ${namespace}`, async () => (await app.canary()).phase === 'Initialized');
  await until(
    `target without pods in ${namespace}`,
    async () => numberAt(await app.read(target), 'status', 'replicas') === undefined,
  );
  assert.notDeepEqual(await seenAround(), before.around, 'the take-over has changed what is given back');
  assert.notDeepEqual(await seenTarget(), before.target);

  const askOn: DeletedApp['askOn'] = async () => {
    const mark = users.quick.snapshot().requests;
    await until('more requests', () => users.quick.snapshot().requests >= mark + ENOUGH);
  };
  const assertRestored: DeletedApp['assertRestored'] = async () => {
    assert.deepEqual(await seenAround(), before.around);
    assert.deepEqual(await left(), []);
    await until(`end of the pods of primary and canary in ${namespace}`, async () => {
      return (await client.list(RESOURCES.pod, { namespace, labelSelector: ROLE_LABEL })).items.length === 0;
    });
  };
  return {
    app,
    place,
    users,
    deleted,
    left,
    askOn,
    assertRestored,
    push: async () => {
      await app.bump('6.1.0');
      await until(`a tenth of the requests to the canary in ${namespace}`, async () => {
        return (await app.canary()).canaryWeight === 10 && users.quick.snapshot().versions['6.1.0'] !== undefined;
      });
    },
    remove: async (cascade = 'background', seconds = 90) => {
      const start = performance.now();
      const args = ['-n', namespace, 'delete', 'canaries.serin.dev', name, `--cascade=${cascade}`];
      await kubectl(rig, [...args, `--timeout=${seconds}s`]);
      return (performance.now() - start) / 1000;
    },
    assertGivenBack: async () => {
      assert.deepEqual(await seenTarget(), before.target);
      assert.equal(await ready(), place.replicas);
      await assertRestored();
    },
    unnoticed: async (what, work) => {
      const { result, quick, slow } = await counted(users, async () => {
        const seconds = await work();
        await askOn();
        return seconds;
      });
      const counts = [quick.requests, quick.failures, slow.requests, slow.failures];
      tell(what, { place, seconds: result, counts });
      const words = users.failures().slice(-10).join('\n');
      assert.deepEqual([quick.failures, slow.failures], [0, 0], `${what}: requests were lost:\n${words}`);
      assert.ok(quick.requests > 0 && slow.requests > 0, 'users were there');
    },
    notes: async () => {
      const { items } = await client.list(RESOURCES.event, { namespace });
      return items.map((event) => stringAt(event, 'note') ?? '');
    },
  };
};

/** Writes down how a Canary went. */
export const tell = (
  what: string,
  { place, seconds, counts }: { readonly place: Place; readonly seconds: number; readonly counts?: readonly number[] },
): void => {
  const cells = counts ?? COLUMNS.slice(3).map(() => '');
  report(TITLE, { columns: COLUMNS, rows: [[what, place.plane, `${seconds.toFixed(1)} s`, ...cells.map(String)]] });
};
