import assert from 'node:assert/strict';
import { recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { RouteRef } from '#src/traffic/router.ts';
import { crdSchema, defaulted, violations } from '#test/fixtures/structural-schema.ts';

/** A Canary `podinfo` in namespace `shop`, for whose traffic Serin makes the VirtualService. */
export const istioRef: RouteRef = {
  namespace: 'shop',
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
