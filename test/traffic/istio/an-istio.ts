import assert from 'node:assert/strict';
import type { JsonRecord } from '#src/lib/json.ts';
import { recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { RouteRef } from '#src/traffic/router.ts';
import { crdSchema, defaulted, violations } from '#test/fixtures/structural-schema.ts';

/** A Canary `podinfo` in namespace `shop`, for whose traffic Serin makes the VirtualService. */
export const istioRef: RouteRef = {
  namespace: 'shop',
  target: 'podinfo',
  service: 'podinfo',
  port: 80,
  canaryUid: 'canary-1',
  gatewayRefs: [],
  hosts: ['podinfo.example.com'],
  options: { gateways: ['gateways/edge', 'mesh'] },
};

const SCHEMAS: Readonly<Record<string, unknown>> = {
  VirtualService: crdSchema('../traffic/istio/virtualservices.networking.istio.io.yaml'),
  DestinationRule: crdSchema('../traffic/istio/destinationrules.networking.istio.io.yaml'),
};

/** Defaults and validates Istio's kinds by the real CRDs; other kinds pass. */
export const admitIstio = (object: KubeObject): KubeObject => {
  if (SCHEMAS[object.kind] === undefined) return object;
  const schema = recordAt(SCHEMAS, object.kind, 'properties', 'spec');
  const spec = recordAt({ spec: defaulted(schema, object['spec']) }, 'spec');
  assert.deepEqual(violations(schema, spec, 'spec'), []);
  return { ...object, spec };
};

/** The Istio Gateway that requests from outside come in by. */
export const edgeGateway: KubeObject = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name: 'edge', namespace: 'gateways' },
  spec: {
    selector: { istio: 'ingressgateway' },
    servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
  },
};

/** The same where VirtualService `shop` lives in Git and is adopted. */
export const adoptingRef: RouteRef = {
  ...istioRef,
  hosts: [],
  options: {},
  routeRef: { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', name: 'shop' },
};

/** VirtualService `shop` as it stands in Git. */
export const aVirtualService = (spec: JsonRecord): KubeObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: {
    name: 'shop',
    namespace: 'shop',
    labels: { team: 'shop' },
    annotations: { 'example.com/note': 'kept' },
  },
  spec: { hosts: ['podinfo.example.com'], gateways: ['gateways/edge'], ...spec },
});

/** A DestinationRule of the team's. */
export const aDestinationRule = (name: string, spec: JsonRecord): KubeObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: { name, namespace: 'shop', labels: { team: 'shop' } },
  spec,
});
