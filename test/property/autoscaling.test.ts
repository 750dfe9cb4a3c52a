import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numberAt, recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { withAutoscaling } from '#src/rollout/autoscaling.ts';
import { timeMs, timeText } from '#src/rollout/time.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';
import { ApiError } from '#src/sandbox/api/status.ts';
import { keepReplicas } from '#src/workload/keep-replicas.ts';
import { anObserved, aRun, aWorkload, SPEC, T0 } from '../rollout/an-observed.ts';

const numRuns = process.env['SERIN_DEEP'] === undefined ? 300 : 20_000;
const autoscalerRef = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'podinfo' } as const;

const moment = fc.record({
  /** ms since the moment before. */
  later: fc.integer({ min: 0, max: 400_000 }),
  replicas: fc.integer({ min: 0, max: 30 }),
  run: fc.constantFrom('none', 'going', 'ended'),
  seen: fc.boolean(),
});

test('the floor holds what the primary had in the run, for five minutes after it, and then nothing', () => {
  fc.assert(
    fc.property(fc.array(moment, { minLength: 1, maxLength: 20 }), (moments) => {
      let now = T0;
      let status = anObserved().status;
      let most = 0;
      for (const { later, replicas, run, seen } of moments) {
        now += later;
        const before = status.floor;
        const { run: _, ...rest } = status;
        const outcome = run === 'ended' ? { outcome: 'Promoted' as const } : {};
        const observed = anObserved({
          spec: { ...SPEC, autoscalerRef },
          primary: aWorkload('v1', { replicas }),
          status: { ...rest, ...(run === 'none' ? {} : { run: { ...aRun(), ...outcome } }) },
          ...(seen
            ? {
                autoscaler: {
                  kind: 'HorizontalPodAutoscaler',
                  name: 'podinfo',
                  min: 1,
                  max: 30,
                  current: true,
                  fewest: 1,
                },
              }
            : {}),
        });
        status = withAutoscaling(observed, now).status;
        const { floor } = status;
        if (!seen) assert.deepEqual(floor, before);
        else if (run === 'going') {
          most = Math.max(before?.replicas ?? 0, most, replicas, 1);
          assert.deepEqual(floor, { replicas: Math.max(1, before?.replicas ?? 0, replicas) });
        } else if (before === undefined || run === 'ended') assert.deepEqual(floor, before);
        else if (before.until === undefined) assert.deepEqual(floor, { ...before, until: timeText(now + 300_000) });
        else assert.deepEqual(floor, now < timeMs(before.until) ? before : undefined);
        if (floor === undefined) most = 0;
        else assert.ok(floor.replicas >= Math.min(most, floor.replicas));
      }
    }),
    { numRuns },
  );
});

const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'podinfo-primary' };

const primary = (image: string, replicas: number): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'podinfo-primary', namespace: 'shop' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'podinfo' } },
    template: { metadata: { labels: { app: 'podinfo' } }, spec: { containers: [{ name: 'app', image }] } },
  },
});

const step = fc.oneof(
  fc.record({ scale: fc.integer({ min: 1, max: 30 }), by: fc.constantFrom('kube-controller-manager', 'kubectl') }),
  // Serin applies another template, on what it saw so many writes ago.
  fc.record({ image: fc.constantFrom('a:1', 'a:2', 'a:3'), lag: fc.integer({ min: 0, max: 3 }) }),
);

test('however templates are applied and however old what was seen is, the replicas stay whose they are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(step, { maxLength: 12 }), (begin, steps) => {
      const api = new SandboxApi({ clock: new VirtualClock() });
      api.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }, { manager: 'kubectl' });
      const path = '/apis/apps/v1/namespaces/shop/deployments/podinfo-primary';
      const apply = (object: KubeObject): void => {
        const query = { fieldManager: 'serin', force: 'true' };
        const request = {
          method: 'PATCH',
          path,
          query,
          contentType: 'application/apply-patch+yaml',
          body: object,
        } as const;
        try {
          api.handle(request, { user: 'serin' });
        } catch (error) {
          if (!(error instanceof ApiError) || error.status.code !== 409) throw error;
        }
      };
      apply(primary('a:0', begin));
      let last = begin;
      const shown: KubeObject[] = [];
      const look = (): KubeObject => {
        const found = api.read(DEPLOYMENT);
        assert.ok(found);
        shown.push(found);
        return found;
      };
      look();
      for (const one of steps) {
        if ('scale' in one) {
          last = one.scale;
          api.handle(
            {
              method: 'PATCH',
              path: `${path}/scale`,
              query: { fieldManager: one.by },
              contentType: 'application/merge-patch+json',
              body: { spec: { replicas: one.scale } },
            },
            { user: one.by },
          );
        } else {
          // What Serin wrote itself it always sees.
          const seen = shown.slice(0, Math.max(1, shown.length - one.lag));
          const own = shown.findLastIndex(({ metadata }) => metadata.managedFields?.at(-1)?.manager === 'serin');
          const existing = shown[Math.max(seen.length - 1, own)] ?? look();
          const wanted = primary(one.image, numberAt(existing, 'spec', 'replicas') ?? 1);
          apply(keepReplicas(wanted, { existing, isScaled: true }));
        }
        assert.equal(numberAt(recordAt(look(), 'spec'), 'replicas'), last);
      }
      api.close();
    }),
    { numRuns: Math.min(numRuns, 2000) },
  );
});
