import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeRequest } from '#src/kube/transport.ts';
import { stringAt } from '#src/lib/json.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const SERVICES = '/api/v1/namespaces/default/services';
const service = (type: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { type, ports: [{ port: 80 }] },
});

type Refusal = readonly [what: string, request: KubeRequest, code: number, words: RegExp];

/** What a real API server does and the sandbox does not: each is an error that says so. */
const REFUSALS: readonly Refusal[] = [
  [
    'strategic merge',
    { method: 'PATCH', path: `${MAPS}/a`, contentType: 'application/strategic-merge-patch+json', body: {} },
    415,
    /strategic-merge/,
  ],
  ['a collection', { method: 'DELETE', path: MAPS }, 501, /deletion of a collection/],
  ['unknown parameters', { method: 'GET', path: MAPS, query: { shardSelector: 'x' } }, 501, /"shardSelector"/],
  ['other sub-resources', { method: 'GET', path: `${MAPS}/a/resize` }, 501, /configmaps\/resize/],
  ['watch paths', { method: 'GET', path: '/api/v1/watch/configmaps' }, 501, /watch=true/],
  [
    'move',
    {
      method: 'PATCH',
      path: `${MAPS}/a`,
      contentType: 'application/json-patch+json',
      body: [{ op: 'move', from: '/a', path: '/b' }],
    },
    501,
    /operation move/,
  ],
  [
    'orphanDependents',
    { method: 'DELETE', path: `${MAPS}/a`, body: { orphanDependents: true } },
    501,
    /propagationPolicy/,
  ],
  [
    'other Service types',
    { method: 'POST', path: SERVICES, body: service('LoadBalancer') },
    422,
    /the sandbox supports "ClusterIP"/,
  ],
  [
    'tables',
    { method: 'GET', path: MAPS, accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' },
    406,
    /PartialObjectMetadata/,
  ],
  ['other bodies', { method: 'POST', path: MAPS, contentType: 'application/yaml', body: {} }, 415, /application\/json/],
  ['unserved versions', { method: 'GET', path: '/apis/apps/v1beta1/deployments' }, 404, /could not find/],
  ['a patch of a collection', { method: 'PATCH', path: MAPS, body: {} }, 405, /PATCH/],
  [
    'items twice in a list with keys',
    {
      method: 'PATCH',
      path: '/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways/edge',
      query: { fieldManager: 'git' },
      contentType: 'application/apply-patch+yaml',
      body: {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: { name: 'edge' },
        spec: { listeners: [{ name: 'web' }, { name: 'web' }] },
      },
    },
    400,
    /\.spec\.listeners: duplicate entries for key \[name="web"\]/,
  ],
  ['broken paths', { method: 'GET', path: `${MAPS}/%zz` }, 400, /percent/],
  ['verbs on a name', { method: 'POST', path: `${MAPS}/a`, body: {} }, 405, /POST/],
];

for (const [what, request, code, words] of REFUSALS) {
  test(`what is not done is refused with words: ${what}`, async () => {
    const api = new SandboxApi({ clock: new VirtualClock() });
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'a' } };
    api.write(ref, { manager: 'test' });
    const refused = await inProcessTransport(api, { user: 'test' }).request(request);
    assert.equal(refused.status, code);
    assert.match(stringAt(refused.body, 'message') ?? '', words);
    assert.equal(stringAt(refused.body, 'status'), 'Failure');
  });
}
