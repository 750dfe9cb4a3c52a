import assert from 'node:assert/strict';
import { at, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import { type Case, type Client, expectOk, type Json, uidOf } from './harness.ts';

const PODS = 'v1 pods';
const SLICES = 'discovery.k8s.io/v1 endpointslices';

/** A node that no kubelet runs: its pods are what the test says of them. */
const withNode = async (api: Client, run: (node: string) => Promise<void>): Promise<void> => {
  const name = `${api.namespace}-node`;
  expectOk(await api.post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } }), 201);
  // A pod needs the ServiceAccount of its namespace, which a controller makes.
  try {
    await api.eventually(async () => (await api.post(PODS, pod('probe', { nodeName: name }), DRY_RUN)).status === 201);
    await run(name);
  } finally {
    await api.send('DELETE', `/api/v1/nodes/${name}`);
  }
};

const DRY_RUN = { dryRun: 'All' };

type PodOptions = { readonly nodeName: string; readonly labels?: Readonly<Record<string, string>> };

const pod = (name: string, { nodeName, labels = { app: 'web' } }: PodOptions): Json => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels },
  spec: {
    nodeName,
    containers: [{ name: 'app', image: 'example.com/web:1', ports: [{ name: 'http', containerPort: 8080 }] }],
  },
});

const service = (selector: Json | undefined): Json => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', labels: { team: 'shop' } },
  spec: { ...(selector === undefined ? {} : { selector }), ports: [{ name: 'web', port: 80, targetPort: 'http' }] },
});

const running = (podIP: string, ready: boolean): Json => ({
  phase: 'Running',
  podIP,
  podIPs: [{ ip: podIP }],
  conditions: [
    {
      type: 'Ready',
      status: ready ? 'True' : 'False',
      lastProbeTime: null,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ],
});

const report = async (api: Client, name: string, status: Json): Promise<void> =>
  void expectOk(await api.merge(`${PODS}/${name}/status`, { status }));

const slicesOf = async (api: Client): Promise<readonly unknown[]> => {
  const query = { labelSelector: 'kubernetes.io/service-name=web' };
  return listAt(expectOk(await api.get(SLICES, { query })), 'items');
};

/** Endpoints of all slices as `address ready serving terminating`. */
const endpointsOf = async (api: Client): Promise<readonly string[]> =>
  (await slicesOf(api))
    .flatMap((slice) => listAt(slice, 'endpoints'))
    .map((endpoint) => {
      const flags = ['ready', 'serving', 'terminating'].filter((flag) => at(endpoint, 'conditions', flag) === true);
      return [stringAt(endpoint, 'addresses', 0), ...flags].join(' ');
    })
    .sort();

const showing = async (api: Client, wanted: readonly string[]): Promise<void> => {
  let last: readonly string[] = [];
  const isShown = async (): Promise<boolean> => {
    last = await endpointsOf(api);
    return JSON.stringify(last) === JSON.stringify(wanted);
  };
  await api.eventually(isShown).catch(() => assert.deepEqual(last, wanted));
};

/** The EndpointSlices that a Service gets: what data planes route by. */
export const endpointCases: readonly Case[] = [
  {
    name: 'a Service without pods has one empty slice, which is its own',
    run: async (api) => {
      const owner = expectOk(await api.post('v1 services', service({ app: 'web' })), 201);
      await api.eventually(async () => (await slicesOf(api)).length === 1);
      const [slice] = await slicesOf(api);
      assert.deepEqual(listAt(slice, 'endpoints'), []);
      assert.equal(stringAt(slice, 'addressType'), 'IPv4');
      assert.equal(stringAt(slice, 'metadata', 'labels', 'team'), 'shop');
      assert.equal(
        stringAt(slice, 'metadata', 'labels', 'endpointslice.kubernetes.io/managed-by'),
        'endpointslice-controller.k8s.io',
      );
      assert.match(stringAt(slice, 'metadata', 'name') ?? '', /^web-[a-z0-9]{5}$/);
      assert.deepEqual(at(slice, 'metadata', 'ownerReferences'), [
        {
          apiVersion: 'v1',
          kind: 'Service',
          name: 'web',
          uid: uidOf(owner),
          controller: true,
          blockOwnerDeletion: true,
        },
      ]);
      expectOk(await api.send('DELETE', 'v1 services/web'));
      await api.eventually(async () => (await slicesOf(api)).length === 0);
    },
  },
  {
    name: 'a pod with an address is an endpoint, ready as the pod is',
    run: (api) =>
      withNode(api, async (nodeName) => {
        expectOk(await api.post('v1 services', service({ app: 'web' })), 201);
        const made = expectOk(await api.post(PODS, pod('a', { nodeName })), 201);
        await report(api, 'a', running('10.1.0.1', false));
        await showing(api, ['10.1.0.1']);
        await report(api, 'a', running('10.1.0.1', true));
        await showing(api, ['10.1.0.1 ready serving']);
        const [slice] = await slicesOf(api);
        assert.deepEqual(listAt(slice, 'ports'), [{ name: 'web', port: 8080, protocol: 'TCP' }]);
        const target = { kind: 'Pod', namespace: api.namespace, name: 'a', uid: uidOf(made) };
        assert.deepEqual(at(slice, 'endpoints', 0, 'targetRef'), target);
        assert.equal(stringAt(slice, 'endpoints', 0, 'nodeName'), nodeName);
      }),
  },
  {
    name: 'a pod that is being deleted serves on but is not ready; then it is gone',
    run: (api) =>
      withNode(api, async (nodeName) => {
        expectOk(await api.post('v1 services', service({ app: 'web' })), 201);
        expectOk(await api.post(PODS, pod('a', { nodeName })), 201);
        await report(api, 'a', running('10.1.0.1', true));
        await showing(api, ['10.1.0.1 ready serving']);
        const marked = expectOk(await api.send('DELETE', `${PODS}/a`));
        assert.equal(at(marked, 'metadata', 'deletionGracePeriodSeconds'), 30);
        await showing(api, ['10.1.0.1 serving terminating']);
        expectOk(await api.send('DELETE', `${PODS}/a`, { query: { gracePeriodSeconds: '0' } }));
        await showing(api, []);
      }),
  },
  {
    name: 'another selector means other endpoints at once',
    run: (api) =>
      withNode(api, async (nodeName) => {
        for (const [index, app] of ['web', 'web-primary'].entries()) {
          expectOk(await api.post(PODS, pod(app, { nodeName, labels: { app } })), 201);
          await report(api, app, running(`10.1.0.${index + 1}`, true));
        }
        expectOk(await api.post('v1 services', service({ app: 'web' })), 201);
        await showing(api, ['10.1.0.1 ready serving']);
        expectOk(await api.merge('v1 services/web', { spec: { selector: { app: 'web-primary' } } }));
        await showing(api, ['10.1.0.2 ready serving']);
        expectOk(await api.merge(`${PODS}/web`, { metadata: { labels: { app: 'web-primary' } } }));
        await showing(api, ['10.1.0.1 ready serving', '10.1.0.2 ready serving']);
      }),
  },
  {
    name: 'a pod that has ended is no endpoint',
    run: (api) =>
      withNode(api, async (nodeName) => {
        expectOk(await api.post('v1 services', service({ app: 'web' })), 201);
        expectOk(await api.post(PODS, pod('a', { nodeName })), 201);
        await report(api, 'a', running('10.1.0.1', true));
        await showing(api, ['10.1.0.1 ready serving']);
        await report(api, 'a', { ...running('10.1.0.1', false), phase: 'Succeeded' });
        await showing(api, []);
      }),
  },
  {
    name: 'publishNotReadyAddresses shows every address as ready',
    run: (api) =>
      withNode(api, async (nodeName) => {
        const open = service({ app: 'web' });
        const spec = { ...recordAt(open, 'spec'), publishNotReadyAddresses: true };
        expectOk(await api.post('v1 services', { ...open, spec }), 201);
        expectOk(await api.post(PODS, pod('a', { nodeName })), 201);
        await report(api, 'a', running('10.1.0.1', false));
        await showing(api, ['10.1.0.1 ready']);
      }),
  },
  {
    name: 'a Service without a selector gets no slice',
    run: async (api) => {
      expectOk(await api.post('v1 services', service(undefined)), 201);
      expectOk(await api.post('v1 services', { ...service({ app: 'other' }), metadata: { name: 'other' } }), 201);
      await api.eventually(async () => listAt(expectOk(await api.get(SLICES)), 'items').length === 1);
      assert.deepEqual(await slicesOf(api), []);
    },
  },
];
