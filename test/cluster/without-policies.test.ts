import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { RESOURCES } from '#src/kube/resources.ts';
import { listAt, stringAt } from '#src/lib/json.ts';
import { kubectl } from './rig/kubectl.ts';
import { type ACluster, openCluster } from './world/a-cluster.ts';
import { SERIN_NAMESPACE } from './world/deploy.ts';
import { follow } from './world/follow.ts';
import { publish } from './world/images.ts';
import { imageOf, placeOf } from './world/place.ts';
import { report } from './world/report.ts';
import { aTeam, firstCommit, type Team } from './world/team.ts';
import { until } from './world/until.ts';
import { startUsers, type Users } from './world/users.ts';

const NAMESPACE = 'fought';
/** Longer than Flux's interval, so that it takes the weights back several times in one run. */
const CANARY = { interval: '5s', stepWeights: [10, 30, 50], repository: 'config' };

/** Clusters before Kubernetes 1.36 have no MutatingAdmissionPolicy: Flux writes what stands in Git every 10 seconds. */
describe('where the admission policies do not hold', () => {
  let cluster: ACluster;
  let team: Team;
  let users: Users;
  const stop = new AbortController();
  /** Names of pods by address, and the addresses that there were before the take-over. */
  const podOf = new Map<string, string>();
  const old = new Set<string>();

  before(async () => {
    cluster = await openCluster();
    // Another test installs it, and the policies before it.
    await until('Serin', () =>
      kubectl(cluster.rig, ['-n', SERIN_NAMESPACE, 'get', 'deployment/serin']).catch(() => undefined),
    );
    await kubectl(cluster.rig, ['-n', SERIN_NAMESPACE, 'rollout', 'status', 'deployment/serin', '--timeout=60s']);
    const elsewhere = [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: [NAMESPACE] }];
    const patch = JSON.stringify({ spec: { matchResources: { namespaceSelector: { matchExpressions: elsewhere } } } });
    const bindings = await kubectl(cluster.rig, ['get', 'mutatingadmissionpolicybindings', '-o', 'name']);
    for (const binding of bindings.trim().split('\n')) {
      await kubectl(cluster.rig, ['patch', binding, '--type=merge', '-p', patch]);
    }
    const place = placeOf({ namespace: NAMESPACE, plane: 'HTTPRoute' });
    publish(cluster.rig, {
      [imageOf(place, '6.0.0')]: {},
      [imageOf(place, '6.1.0')]: {},
      [imageOf(place, '6.9.0')]: {},
    });
    team = await aTeam(cluster, place);
    void follow(cluster.client, {
      resource: RESOURCES.pod,
      namespace: place.namespace,
      signal: stop.signal,
      tell: ({ object }) => {
        const address = stringAt(object, 'status', 'podIP');
        if (address !== undefined) podOf.set(address, object.metadata.name);
      },
    });
  });

  after(async () => {
    stop.abort();
    await users?.stop();
    await team?.close();
    await cluster?.close();
  });

  const notes = async (): Promise<readonly string[]> => {
    const { items } = await cluster.client.list(RESOURCES.event, { namespace: team.place.namespace });
    return items
      .filter((event) => /Drift$/.test(stringAt(event, 'reason') ?? ''))
      .map((event) => stringAt(event, 'note') ?? '');
  };

  test('no request is lost, and every pod that answers is of a version that is stable or judged', async () => {
    await firstCommit(team, '6.0.0');
    users = startUsers(team.place, { quick: 50, slow: 3 });
    await until('podinfo 6.0.0 that answers', () => users.quick.snapshot().versions['6.0.0'] !== undefined);
    await setTimeout(1000);
    for (const address of podOf.keys()) old.add(address);
    const [quick, slow] = [users.quick.snapshot(), users.slow.snapshot()];
    await team.addCanary(CANARY);
    await until('take-over', async () => (await team.canary()).phase === 'Initialized');
    await team.bump('6.1.0');
    const run = await team.ended('6.1.0');
    await setTimeout(8000);
    assert.equal(run.outcome, 'Promoted', run.sentence);
    const [told, toldSlow] = [users.quick.since(quick), users.slow.since(slow)];
    report('Releases on a real cluster, as the clients counted them', {
      columns: [],
      rows: [
        [
          'HTTPRoute, no policies',
          '6.1.0',
          run.outcome,
          '',
          told.requests,
          told.failures,
          told.failures,
          toldSlow.failures,
        ].map(String),
      ],
    });
    assert.equal(told.failures, 0, `${told.failures} of ${told.requests} requests failed`);
    assert.equal(toldSlow.failures, 0, `${toldSlow.failures} of ${toldSlow.requests} slow requests failed`);
  });

  test('pods that Flux makes of the target are reached by nobody', async () => {
    const reached = [...users.servedBy()].filter(([address]) =>
      /^podinfo-(?!primary-|canary-)/.test(podOf.get(address) ?? ''),
    );
    // Those of before the take-over apart.
    const others = reached.filter(([address]) => !old.has(address));
    assert.ok(podOf.size > old.size && users.servedBy().size > old.size, 'no new pod was seen, or none has answered');
    assert.deepEqual(
      others.map(([address, requests]) => `${podOf.get(address)}: ${requests} requests`),
      [],
    );
  });

  test('who fights is named, and the setting that ends it', async () => {
    const found = await until('events that name the fights', async () => {
      const all = await notes();
      return all.some((note) => note.includes('replicas')) ? all : undefined;
    });
    for (const note of found) assert.match(note, /kustomize-controller|kubectl/, note);
    assert.ok(
      found.some((note) =>
        /kustomize-controller set the replicas of podinfo to 3.*leave spec\.replicas out/.test(note),
      ),
      found.join('\n'),
    );
    assert.ok(
      found.some((note) => /kustomize-controller changed the selector.*ssa: IfNotPresent/.test(note)),
      found.join('\n'),
    );
    const route = await team.read({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', name: 'podinfo' });
    assert.ok(listAt(route, 'spec', 'rules').length > 0);
  });
});
