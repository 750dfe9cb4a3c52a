import assert from 'node:assert/strict';
import type { JsonRecord } from '#src/lib/json.ts';
import { at, isRecord, listAt, numberAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { Traffic } from '#test/contract/router-case.ts';
import { aRequest, type SampleRequest } from '#test/contract/sample-request.ts';
import { crdSchema, violations } from '#test/fixtures/structural-schema.ts';
import type { RouteWorld } from '#test/traffic/route-world.ts';

const MESH_API = 'appmesh.k8s.aws/v1beta2';
const KINDS = ['VirtualNode', 'VirtualRouter', 'VirtualService'];
const SCHEMAS: Readonly<Record<string, JsonRecord>> = Object.fromEntries(
  KINDS.map((kind) => [kind, crdSchema(`../traffic/app-mesh/${kind.toLowerCase()}s.appmesh.k8s.aws.yaml`)]),
);

/** The API server with the real CRDs and App Mesh's webhooks: they set awsName and meshRef, which nobody may change. */
export const admitted = (object: KubeObject): KubeObject => {
  const schema = object.apiVersion === MESH_API ? SCHEMAS[object.kind] : undefined;
  if (schema === undefined) return object;
  const { name, namespace } = object.metadata;
  const set = {
    awsName: `${name}${object.kind === 'VirtualService' ? '.' : '_'}${namespace}`,
    meshRef: { name: 'prod', uid: 'mesh-1' },
  };
  const spec = { ...set, ...recordAt(object, 'spec') };
  assert.deepEqual({ awsName: spec.awsName, meshRef: spec.meshRef }, set, 'awsName and meshRef are immutable');
  assert.deepEqual(violations(recordAt(schema, 'properties', 'spec'), spec, 'spec'), []);
  const names = listAt(spec, 'routes').map((route) => stringAt(route, 'name'));
  assert.equal(new Set(names).size, names.length, 'no two routes have one name');
  return { ...object, spec };
};

/** A Service whose port 80 leads to the pods' 9898; it has that one too, by which the mesh calls it. */
export const aService = (name: string, role: string, ports: readonly JsonRecord[] = []): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: {
    selector: { app: 'podinfo', 'serin.dev/role': role },
    ports:
      ports.length > 0
        ? ports
        : [
            { name: 'http', port: 80, targetPort: 9898 },
            { name: 'mesh', port: 9898, targetPort: 9898 },
          ],
  },
});

export const theServices: readonly KubeObject[] = [
  aService('podinfo', 'primary'),
  aService('podinfo-primary', 'primary'),
  aService('podinfo-canary', 'canary'),
];

export const theMesh: KubeObject = { apiVersion: MESH_API, kind: 'Mesh', metadata: { name: 'prod' }, spec: {} };

/** App Mesh's controller has all objects active, at this generation. */
export const answer = (world: RouteWorld, which: 'newest' | 'older'): void => {
  for (const object of world.all().filter(({ kind, apiVersion }) => apiVersion === MESH_API && KINDS.includes(kind))) {
    const observedGeneration = (object.metadata.generation ?? 0) - (which === 'newest' ? 0 : 1);
    const conditions = [{ type: `${object.kind}Active`, status: 'True' }];
    world.put({ ...object, status: { observedGeneration, conditions } });
  }
};

const compares = (entry: unknown, given: string | undefined): boolean => {
  const [exact, prefix, regex] = ['exact', 'prefix', 'regex'].map((op) => stringAt(entry, 'match', op));
  const fits =
    given !== undefined &&
    (exact === undefined || given === exact) &&
    (prefix === undefined || given.startsWith(prefix)) &&
    (regex === undefined || new RegExp(`^(?:${regex})$`).test(given));
  return fits !== (at(entry, 'invert') === true);
};

type Sent = { readonly request: SampleRequest; readonly path: string };

const fits = (match: unknown, { request, path }: Sent): boolean => {
  const [prefix, method, service, call] = ['prefix', 'method', 'serviceName', 'methodName'].map((field) =>
    stringAt(match, field),
  );
  const [exact, regex] = ['exact', 'regex'].map((op) => stringAt(match, 'path', op));
  const [, calledService, calledMethod] = path.split('/');
  const headers = [...listAt(match, 'headers'), ...listAt(match, 'metadata')];
  return (
    (prefix === undefined || path.startsWith(prefix)) &&
    (exact === undefined || path === exact) &&
    (regex === undefined || new RegExp(`^(?:${regex})$`).test(path)) &&
    (method === undefined || request.method === method) &&
    (service === undefined || calledService === service) &&
    (call === undefined || calledMethod === call) &&
    headers.every((it) => compares(it, request.headers[(stringAt(it, 'name') ?? '').toLowerCase()])) &&
    listAt(match, 'queryParameters').every((it) => compares(it, request.query[stringAt(it, 'name') ?? '']))
  );
};

/** The Service behind a VirtualNode that speaks the protocol, if it can be called at the node's port. */
const serviceBehind = (
  world: RouteWorld,
  { name, protocol }: { name: string; protocol: string },
): string | undefined => {
  const node = world.get({ apiVersion: MESH_API, kind: 'VirtualNode', namespace: 'shop', name });
  const listener = listAt(node, 'spec', 'listeners').find((it) => stringAt(it, 'portMapping', 'protocol') === protocol);
  const [behind = ''] = stringAt(node, 'spec', 'serviceDiscovery', 'dns', 'hostname')?.split('.') ?? [];
  const service = world.get({ apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: behind });
  const port = numberAt(listener, 'portMapping', 'port');
  const isCallable = service === undefined || listAt(service, 'spec', 'ports').some((it) => at(it, 'port') === port);
  return port !== undefined && isCallable ? behind : undefined;
};

/**
 * What the mesh makes of a request to each of the paths: of the routes of the VirtualRouter behind the VirtualService
 * that with the lowest priority number takes it, whatever their order; weights are relative. Before there is a
 * VirtualService all is the apex's.
 */
export const meshTraffic =
  (...paths: readonly string[]) =>
  (world: RouteWorld, request: SampleRequest = aRequest()): readonly Traffic[] =>
    paths.map((path): Traffic => {
      const named = (kind: string, name: string): KubeObject | undefined =>
        world.get({ apiVersion: MESH_API, kind, namespace: 'shop', name });
      const service = named('VirtualService', 'podinfo');
      if (service === undefined) return { primary: 100, canary: 0, other: {} };
      const behind = stringAt(service, 'spec', 'provider', 'virtualRouter', 'virtualRouterRef', 'name') ?? '';
      const router = named('VirtualRouter', behind);
      const protocol = stringAt(router, 'spec', 'listeners', 0, 'portMapping', 'protocol') ?? '';
      const [route] = listAt(router, 'spec', 'routes')
        .filter((it) => fits(at(it, `${protocol}Route`, 'match'), { request, path }))
        .toSorted((a, b) => (numberAt(a, 'priority') ?? 1001) - (numberAt(b, 'priority') ?? 1001));
      const targets = listAt(route, `${protocol}Route`, 'action', 'weightedTargets').filter(isRecord);
      const total = targets.reduce((sum, it) => sum + (numberAt(it, 'weight') ?? 0), 0);
      const share = (of: string): number =>
        targets
          .filter((it) => {
            const name = stringAt(it, 'virtualNodeRef', 'name') ?? '';
            return serviceBehind(world, { name, protocol }) === of;
          })
          .reduce((sum, it) => sum + ((numberAt(it, 'weight') ?? 0) * 100) / total, 0);
      return { primary: share('podinfo-primary'), canary: share('podinfo-canary'), other: {} };
    });
