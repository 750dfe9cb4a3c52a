// The end of Canaries on a real control plane: its garbage collector, its namespace controller, its RBAC.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FINALIZER } from '#src/api/names.ts';
import { kubectl } from './rig/kubectl.ts';
import { type ACluster, openCluster } from './world/a-cluster.ts';
import { aDeletedApp, type Cascade, type DeletedApp, deletedImages, tell } from './world/deleted-app.ts';
import { SERIN_NAMESPACE } from './world/deploy.ts';
import { publish } from './world/images.ts';
import type { Plane } from './world/place.ts';
import { grantByNamespace, type Patched, withdraw } from './world/rights.ts';
import { installSerinPods, type SerinPods } from './world/serin-pods.ts';
import { until } from './world/until.ts';
import type { Users } from './world/users.ts';

const CANARY = { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', name: 'podinfo' } as const;
/** A right that is missing is waited for so long, s; and what is left to be done may take some more. */
const PATIENCE = { least: 115, most: 140 };

type Deleted = { readonly cascade: Cascade; readonly plane: Plane; readonly inRun?: true };
const DELETED: readonly Deleted[] = [
  { cascade: 'background', plane: 'HTTPRoute' },
  { cascade: 'foreground', plane: 'Ingress' },
  { cascade: 'orphan', plane: 'HTTPRoute' },
  { cascade: 'foreground', plane: 'HTTPRoute', inRun: true },
  { cascade: 'orphan', plane: 'Ingress', inRun: true },
];

type Refused = { readonly resource: Patched; readonly what: string; readonly words: RegExp; readonly inRun?: true };
const REFUSED: readonly Refused[] = [
  { resource: 'services', what: 'the apex Service', words: /Cannot patch Service \S+\/podinfo: RBAC does not grant/ },
  {
    resource: 'httproutes',
    what: 'the route',
    words: /Cannot patch HTTPRoute \S+\/podinfo: RBAC does not grant/,
    inRun: true,
  },
];

describe('the end of a Canary', { concurrency: true }, () => {
  const cluster = Promise.withResolvers<ACluster>();
  const started: Users[] = [];
  const refused = new Map<Patched, DeletedApp>();
  let serin: SerinPods;

  before(async () => {
    const opened = await openCluster();
    publish(opened.rig, deletedImages());
    serin = await installSerinPods(opened, { folder: 'deploy/kustomize', namespace: SERIN_NAMESPACE });
    await grantByNamespace(opened.rig);
    cluster.resolve(opened);
    // What waits longest begins first.
    await Promise.all(REFUSED.map(async ({ resource }) => void refused.set(resource, await takenOver(resource))));
  });

  after(async () => {
    for (const users of started) await users.stop();
    await (await cluster.promise).close();
  });

  const takenOver = async (name: string, plane: Plane = 'HTTPRoute'): Promise<DeletedApp> =>
    aDeletedApp(await cluster.promise, { namespace: `end-${name}`, plane, started });
  const stalled = async ({ app }: DeletedApp): Promise<string> => {
    const { conditions } = await app.canary();
    return conditions.find(({ type, status }) => type === 'Stalled' && status === 'True')?.message ?? '';
  };

  describe('with a controller, then without one', { concurrency: false }, () => {
    let alone: DeletedApp | undefined;

    describe('at once', { concurrency: true }, () => {
      for (const { cascade, plane, inRun = false } of DELETED) {
        const when = inRun ? 'in the middle of a run' : 'between runs';
        test(`${plane}: deleted ${when} in ${cascade}, it leaves what was there, and no request is lost`, async () => {
          const it = await takenOver(`${cascade}-${plane.toLowerCase()}${inRun ? '-run' : ''}`, plane);
          if (inRun) await it.push();
          await it.unnoticed(`${cascade}, ${when}`, async () => {
            const seconds = await it.remove(cascade);
            await it.assertGivenBack();
            return seconds;
          });
        });
      }

      test('deleted after its target, it leaves route and Service as they were', async () => {
        const it = await takenOver('target');
        const { rig } = await cluster.promise;
        await it.unnoticed('its target deleted: the primary serves on', async () => {
          const start = performance.now();
          await kubectl(rig, ['-n', it.place.namespace, 'delete', 'deployment', it.place.app, '--timeout=60s']);
          await until('words', async () => /create it again, or delete this Canary$/.test(await stalled(it)));
          return (performance.now() - start) / 1000;
        });
        await it.users.stop();
        tell('then the Canary', { place: it.place, seconds: await it.remove() });
        await it.assertRestored();
      });

      test('deleted in the middle of a run with its namespace, it keeps nothing of it', async () => {
        const it = await takenOver('namespace');
        const { rig, client } = await cluster.promise;
        await it.push();
        await it.users.stop();
        const start = performance.now();
        await kubectl(rig, ['delete', 'namespace', it.place.namespace, '--timeout=120s']);
        tell('its namespace', { place: it.place, seconds: (performance.now() - start) / 1000 });
        assert.equal(await client.get({ apiVersion: 'v1', kind: 'Namespace', name: it.place.namespace }), undefined);
      });

      test('one is taken over whose controller will be away', async () => {
        alone = await takenOver('alone');
      });
    });

    test('deleted in the middle of a run while no Serin is there, it is given back by the next one', async () => {
      const it = alone ?? assert.fail('the take-over has to succeed first');
      const { rig } = await cluster.promise;
      await it.push();
      await it.unnoticed('Serin away; from its return on', async () => {
        await serin.scale(0);
        const waiting = ['-n', it.place.namespace, 'delete', 'canaries.serin.dev', CANARY.name, '--cascade=foreground'];
        await kubectl(rig, [...waiting, '--wait=false']);
        await it.askOn();
        const { metadata } = (await it.app.read(CANARY)) ?? assert.fail('the Canary waits for Serin');
        assert.notEqual(metadata.deletionTimestamp, undefined);
        assert.ok(metadata.finalizers?.includes(FINALIZER));
        const start = performance.now();
        await serin.scale(2);
        await until('end of the Canary', it.deleted);
        const seconds = (performance.now() - start) / 1000;
        await it.assertGivenBack();
        return seconds;
      });
    });
  });

  describe('without a right', { concurrency: true }, () => {
    for (const { resource, what, words, inRun = false } of REFUSED) {
      test(`a Serin that may no longer patch ${what} waits two minutes, says what it left, and lets go`, async () => {
        const it = refused.get(resource) ?? assert.fail('the take-over has to succeed first');
        const { rig } = await cluster.promise;
        const { namespace } = it.place;
        if (inRun) await it.push();
        const uid = (await it.app.read(CANARY))?.metadata.uid;
        await withdraw(rig, { namespace, resource });
        await it.unnoticed(
          `without the right to patch ${resource}${inRun ? ', in the middle of a run' : ''}`,
          async () => {
            const told = until('words', async () => words.test(await stalled(it)));
            const [seconds] = await Promise.all([it.remove('foreground', PATIENCE.most), told]);
            assert.ok(seconds > PATIENCE.least && seconds < PATIENCE.most, `it took ${seconds} s`);
            return seconds;
          },
        );
        const left = (await it.notes()).find((note) => note.startsWith('Not everything was given back: '));
        assert.match(left ?? '', words);
        assert.match(left ?? '', /What was not stays as it is and serves on/);
        assert.equal(left?.includes(', the canary with 10 % of the requests;'), inRun);
        assert.ok(left?.endsWith(`what is Serin's has the label serin.dev/canary-uid=${uid}`));
        assert.ok((await it.left()).includes('Deployment podinfo-primary'), 'nobody has collected what serves');
      });
    }
  });
});
