import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '#src/lib/json.ts';
import { recordAt } from '#src/lib/json.ts';
import type { KubeObject, ObjectMeta } from '#src/lib/kube-object.ts';
import type { Claimant } from '#src/workload/claims.ts';
import { sideSelector } from '#src/workload/manifests.ts';
import { preflight } from '#src/workload/preflight.ts';
import { apexManifest, sideServiceManifest } from '#src/workload/services.ts';
import { aCanary, aTarget } from './a-target.ts';

const canary = aCanary();

const problemsOf = (
  objects: readonly KubeObject[],
  options: {
    readonly canary?: Claimant;
    readonly others?: readonly Claimant[];
    readonly policies?: readonly KubeObject[];
  } = {},
): readonly string[] =>
  preflight({
    canary: options.canary ?? canary,
    others: options.others ?? [canary],
    get: (ref) => objects.find(({ kind, metadata }) => kind === ref.kind && metadata.name === ref.name),
    networkPolicies: options.policies ?? [],
  }).map(({ where, message }) => `${where}: ${message}`);

const service = (name: string, spec: JsonRecord, metadata: Partial<ObjectMeta> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop', ...metadata },
  spec,
});
const apex = (spec: JsonRecord = {}): KubeObject =>
  service('podinfo', { selector: { app: 'podinfo' }, ports: [{ port: 80, targetPort: 9898 }], ...spec });

/** A Deployment `podinfo-primary` or `-canary` that Serin did not make. */
const deployment = (name: string, metadata: Partial<ObjectMeta> = {}, app = 'x'): KubeObject => ({
  ...aTarget({ spec: { selector: { matchLabels: { app } } } }),
  metadata: { name, namespace: 'shop', ...metadata },
});

test('a Canary whose name does not fit into a label is refused', () => {
  const named = (name: string): readonly string[] => problemsOf([], { canary: { ...canary, name }, others: [] });
  assert.deepEqual(named('a'.repeat(63)), []);
  assert.deepEqual(named('a'.repeat(64)), [
    'metadata.name: it has 64 characters; want at most 63, so that it fits into a label',
  ]);
});

test('nothing is in the way of a plain target, before and after it has been taken over', () => {
  assert.deepEqual(problemsOf([]), []);
  assert.deepEqual(problemsOf([aTarget(), apex()]), []);
  const spec = recordAt(aTarget(), 'spec');
  const selector = sideSelector('primary', { spec });
  const labels = { 'serin.dev/canary-uid': canary.uid };
  assert.deepEqual(
    problemsOf([
      aTarget(),
      apexManifest({ canary, selector }),
      sideServiceManifest('primary', { canary, selector }),
      sideServiceManifest('canary', { canary, selector }),
      deployment('podinfo-primary', { labels }, 'podinfo'),
      deployment('podinfo-canary', { labels }, 'podinfo'),
    ]),
    [],
  );
});

test('of two Canaries with one target the older keeps it, and the younger is told of both', () => {
  const younger = { ...aCanary({ name: 'second' }), creationTimestamp: '2026-01-02T00:00:00Z' };
  const both = [canary, younger];
  assert.deepEqual(problemsOf([aTarget()], { canary, others: both }), []);
  assert.deepEqual(problemsOf([aTarget()], { canary: younger, others: both }), [
    'spec.targetRef.name: Deployment podinfo is claimed by two Canaries: shop/podinfo, which is older and keeps it, and shop/second; want one of them deleted or changed',
  ]);
  const elsewhere = { ...younger, namespace: 'other' };
  assert.deepEqual(problemsOf([aTarget()], { canary: elsewhere, others: both }), []);
  const sameService = {
    ...aCanary({ name: 'third', target: 'api', service: { name: 'podinfo' } }),
    creationTimestamp: '2027',
  };
  assert.match(
    problemsOf([], { canary: sameService, others: both })[0] ?? '',
    /^spec.service.name: Service podinfo is claimed/,
  );
});

test('of two Canaries with routes of their own for one host of a Gateway the older keeps it', () => {
  const asking = (name: string, service: JsonRecord): Claimant => ({
    ...aCanary({ name, target: name, service }),
    creationTimestamp: name === 'podinfo' ? '2026' : '2027',
  });
  const saysOf = (mine: JsonRecord, theirs: JsonRecord): string =>
    problemsOf([], { canary: asking('api', mine), others: [asking('podinfo', theirs)] }).join();
  const shop = { hosts: ['a.example.com', 'b.example.com'] };
  assert.equal(
    saysOf({ hosts: ['b.example.com'] }, shop),
    'spec.service.hosts: Host b.example.com of Gateway shop/edge is claimed by two Canaries: shop/podinfo, which is older and keeps it, and shop/api; want one of them deleted or changed',
  );
  assert.match(
    saysOf({ hosts: [] }, { hosts: [] }),
    /^spec.service.hosts: Every host of Gateway shop\/edge is claimed/,
  );
  assert.equal(saysOf({ hosts: ['c.example.com'] }, shop), '');
  assert.equal(saysOf(shop, { ...shop, gatewayRefs: [{ name: 'edge', namespace: 'ingress' }] }), '');

  const listening = (sectionName: string): JsonRecord => ({ ...shop, gatewayRefs: [{ name: 'edge', sectionName }] });
  assert.equal(saysOf(listening('http'), listening('https')), '');
  assert.match(saysOf(listening('http'), shop), /is claimed by two Canaries/);
  const adopting = asking('api', shop);
  const routeRef = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', name: 'api' } as const;
  const canary = { ...adopting, spec: { ...adopting.spec, routeRef } };
  assert.deepEqual(problemsOf([], { canary, others: [asking('podinfo', shop)] }), []);
});

test('what Serin made for a Canary is no target for another', () => {
  const target = aTarget();
  const labels = { 'serin.dev/canary-uid': 'x' };
  assert.match(problemsOf([{ ...target, metadata: { ...target.metadata, labels } }])[0] ?? '', /was made by Serin/);
  const selector = { matchExpressions: [{ key: 'app', operator: 'Exists' }] };
  assert.match(problemsOf([aTarget({ spec: { selector } })])[0] ?? '', /has no matchLabels/);
});

test('an apex must select the target’s pods', () => {
  const of = (spec: JsonRecord): string => problemsOf([aTarget(), apex(spec)]).join();
  assert.equal(
    of({ selector: { app: 'podinfo', tier: 'api' } }),
    'Service shop/podinfo: it selects app=podinfo,tier=api, which the pods of the target do not carry; want their labels',
  );
  assert.match(of({ selector: undefined }), /has no selector/);
  assert.match(of({ type: 'ExternalName' }), /ExternalName/);
  assert.equal(of({ selector: { app: 'podinfo', 'serin.dev/role': 'primary' } }), '');
});

test('an apex whose port leads elsewhere than the Canary says is named', () => {
  const of = (targetPort: unknown): string =>
    problemsOf([aTarget(), apex({ ports: [{ port: 80, targetPort }] })]).join();
  assert.equal(of('http'), '', 'the container port of that name is the same');
  assert.equal(
    of(8080),
    'Service shop/podinfo: its port 80 leads to 8080, spec.service.targetPort says 9898; want the same',
  );
});

test('objects of Serin’s names that are not Serin’s are named with their owner', () => {
  const of = (object: KubeObject, others: readonly Claimant[] = [canary]): string =>
    problemsOf([aTarget(), object], { others }).join();
  assert.match(
    of(deployment('podinfo-canary')),
    /^Deployment shop\/podinfo-canary: .* is not Serin’s; want it renamed/,
  );
  const owner = { apiVersion: 'apps/v1', kind: 'Rollout', name: 'r', uid: 'u' };
  assert.match(of(service('podinfo-primary', {}, { ownerReferences: [owner] })), /belongs to Rollout r/);

  const labels = { 'serin.dev/canary-uid': 'uid-of-second' };
  const second = { ...aCanary({ name: 'second', target: 'other' }), creationTimestamp: '2025-01-01T00:00:00Z' };
  assert.match(of(deployment('podinfo-primary', { labels }), [second]), /was made for Canary shop\/second/);
  assert.equal(of(deployment('podinfo-primary', { labels })), '', 'its Canary is gone');
});

test('what Flagger left is adopted, what Flagger still owns is not', () => {
  const owner = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'podinfo', uid: 'u' };
  const flaggers = (metadata: Partial<ObjectMeta>): readonly KubeObject[] => [
    aTarget(),
    service('podinfo', { selector: { app: 'podinfo-primary' }, ports: [] }, metadata),
    deployment('podinfo-primary', metadata, 'podinfo-primary'),
    service('podinfo-primary', { selector: { app: 'podinfo-primary' } }, metadata),
    service('podinfo-canary', { selector: { app: 'podinfo' } }, metadata),
  ];
  assert.deepEqual(problemsOf(flaggers({})), []);
  const problems = problemsOf(flaggers({ ownerReferences: [owner] }));
  assert.equal(problems.length, 3);
  assert.match(problems[0] ?? '', /goes when flagger.app\/v1beta1 Canary podinfo goes; .* --cascade=orphan/);
  assert.equal(
    problemsOf([aTarget(), service('podinfo-canary', {})]).length,
    1,
    'a Service without selector is nobody’s',
  );
});

test('a NetworkPolicy that tells the primary from the target is named', () => {
  const policy = (spec: JsonRecord): KubeObject => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'wall', namespace: 'shop' },
    spec,
  });
  const of = (spec: JsonRecord): readonly string[] => problemsOf([aTarget()], { policies: [policy(spec)] });
  const noRole = { matchExpressions: [{ key: 'serin.dev/role', operator: 'DoesNotExist' }] };
  assert.deepEqual(of({ podSelector: { matchLabels: { app: 'podinfo' } } }), []);
  assert.deepEqual(
    of({ podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { tier: 'web' } } }] }] }),
    [],
  );
  assert.match(of({ podSelector: noRole })[0] ?? '', /^NetworkPolicy shop\/wall spec.podSelector: /);
  assert.match(of({ podSelector: {}, egress: [{ to: [{ podSelector: noRole }] }] })[0] ?? '', /spec.egress\[0\].to: /);
});
