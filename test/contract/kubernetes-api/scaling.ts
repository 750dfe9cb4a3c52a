import assert from 'node:assert/strict';
import { at, listAt, stringAt } from '#src/lib/json.ts';
import { type Case, type Client, deployment, expectOk, expectRefusal, type Json, versionOf } from './harness.ts';

const WEB = 'apps/v1 deployments/web';
const AUTOSCALERS = 'autoscaling/v2 horizontalpodautoscalers';
const BUDGETS = 'policy/v1 poddisruptionbudgets';

const serin = { fieldManager: 'serin', force: 'true' };
const replicasOf = (object: unknown): unknown => at(object, 'spec', 'replicas');
const sized = (count: number): Json => ({ ...deployment('web'), spec: { ...deploymentSpec(), replicas: count } });
const deploymentSpec = (): Json => {
  const { replicas: _, ...spec } = Object(deployment('web')['spec']);
  return spec;
};

const autoscaler = (spec: Json = {}): Json => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 5, ...spec },
});

const budget = (name: string, spec: Json): Json => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
});

/** A pod on a node that nobody runs, brought to readiness by hand. */
const readyPod = async (api: Client, name: string): Promise<void> => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'web' } },
    spec: { nodeName: 'nowhere', terminationGracePeriodSeconds: 0, containers: [{ name: 'web', image: 'web:1' }] },
  };
  expectOk(await api.post('v1 pods', pod), 201);
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  expectOk(await api.merge(`v1 pods/${name}/status`, { status }));
};

const evict = (api: Client, name: string) =>
  api.post(`v1 pods/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } });

const allowed = (count: number) => (found: Json) =>
  at(found, 'status', 'disruptionsAllowed') === count &&
  at(found, 'status', 'observedGeneration') === at(found, 'metadata', 'generation');

/** Whose the number of replicas is, what autoscalers do without a metric, and who may be evicted. */
export const scalingCases: readonly Case[] = [
  {
    name: 'replicas that their only owner leaves out become 1',
    run: async (api) => {
      expectOk(await api.apply(WEB, sized(3), serin), 201);
      const left = { ...deployment('web'), spec: deploymentSpec() };
      assert.equal(replicasOf(expectOk(await api.apply(WEB, left, serin))), 1);
    },
  },
  {
    name: 'replicas that somebody has scaled since stay when they are left out, and go back when they are not',
    run: async (api) => {
      expectOk(await api.apply(WEB, sized(3), serin), 201);
      const scale = { spec: { replicas: 7 } };
      expectOk(await api.merge(`${WEB}/scale`, scale, { fieldManager: 'kube-controller-manager' }));
      const left = { ...deployment('web'), spec: deploymentSpec() };
      assert.equal(replicasOf(expectOk(await api.apply(WEB, left, serin))), 7);
      assert.equal(replicasOf(expectOk(await api.apply(WEB, sized(3), serin))), 3);
    },
  },
  {
    name: 'what is applied by the version that was seen is refused when somebody has written since',
    run: async (api) => {
      const seen = expectOk(await api.apply(WEB, sized(3), serin), 201);
      expectOk(await api.merge(`${WEB}/scale`, { spec: { replicas: 7 } }, { fieldManager: 'hpa' }));
      const held = { ...sized(3), metadata: { name: 'web', resourceVersion: versionOf(seen) } };
      expectRefusal(await api.apply(WEB, held, serin), 409, 'Conflict');
      assert.equal(replicasOf(expectOk(await api.get(WEB))), 7);
    },
  },
  {
    name: 'an autoscaler has defaults, no generation, and bounds that fit',
    run: async (api) => {
      const made = expectOk(
        await api.post(AUTOSCALERS, autoscaler({ behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } })),
        201,
      );
      assert.equal(at(made, 'metadata', 'generation'), undefined);
      assert.equal(at(made, 'spec', 'minReplicas'), 1);
      assert.deepEqual(at(made, 'spec', 'metrics'), [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ]);
      assert.deepEqual(at(made, 'spec', 'behavior'), {
        scaleDown: {
          selectPolicy: 'Max',
          policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
          stabilizationWindowSeconds: 0,
        },
        scaleUp: {
          selectPolicy: 'Max',
          policies: [
            { type: 'Pods', value: 4, periodSeconds: 15 },
            { type: 'Percent', value: 100, periodSeconds: 15 },
          ],
          stabilizationWindowSeconds: 0,
        },
      });
      const above = expectRefusal(await api.merge(`${AUTOSCALERS}/web`, { spec: { minReplicas: 6 } }), 422, 'Invalid');
      assert.match(above, /spec\.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`/);
      const none = expectRefusal(await api.merge(`${AUTOSCALERS}/web`, { spec: { minReplicas: 0 } }), 422, 'Invalid');
      assert.match(none, /must specify at least one Object or External metric to support scaling to zero replicas/);
    },
  },
  {
    name: 'an autoscaler without a metric still keeps its fewest replicas, and is off at 0',
    run: async (api) => {
      expectOk(await api.apply(WEB, sized(1), serin), 201);
      expectOk(await api.post(AUTOSCALERS, autoscaler({ minReplicas: 3 })), 201);
      await api.wait(17_000);
      assert.equal(replicasOf(expectOk(await api.get(WEB))), 3);
      expectOk(await api.apply(WEB, sized(0), serin));
      await api.wait(17_000);
      assert.equal(replicasOf(expectOk(await api.get(WEB))), 0);
      const conditions = listAt(expectOk(await api.get(`${AUTOSCALERS}/web`)), 'status', 'conditions');
      const active = conditions.find((condition) => stringAt(condition, 'type') === 'ScalingActive');
      assert.deepEqual([stringAt(active, 'status'), stringAt(active, 'reason')], ['False', 'ScalingDisabled']);
    },
  },
  {
    name: 'a pod is evicted as long as its budget allows',
    run: async (api) => {
      for (const name of ['a', 'b']) await readyPod(api, name);
      expectOk(await api.post(BUDGETS, budget('web', { minAvailable: 1 })), 201);
      await api.until(`${BUDGETS}/web`, allowed(1));
      expectOk(await evict(api, 'a'), 201);
      const refused = expectRefusal(await evict(api, 'b'), 429, 'TooManyRequests');
      assert.equal(refused, "Cannot evict pod as it would violate the pod's disruption budget.");
    },
  },
  {
    name: 'a pod with two budgets cannot be evicted at all',
    run: async (api) => {
      await readyPod(api, 'a');
      for (const name of ['one', 'two']) {
        expectOk(await api.post(BUDGETS, budget(name, { maxUnavailable: 1 })), 201);
      }
      const { status, body } = await evict(api, 'a');
      assert.equal(status, 500);
      assert.match(String(at(body, 'message')), /more than one PodDisruptionBudget/);
    },
  },
];
