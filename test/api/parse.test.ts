import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAnalysisTemplate, parseCanary, parseNotificationProvider, parseRepository } from '#src/api/parse.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { SPECS } from './example.ts';

const stored = (kind: string, spec: unknown = SPECS[kind]): KubeObject => ({
  apiVersion: 'serin.dev/v1alpha1',
  kind,
  metadata: { name: 'podinfo', namespace: 'shop' },
  spec,
});

test('gives the spec of a Canary with everything filled in', () => {
  const parsed = parseCanary(stored('Canary'));
  assert.ok(parsed.ok);
  assert.equal(parsed.spec.analysis.threshold, 2);
  assert.equal(parsed.spec.analysis.interval, '30s');
  assert.equal(parsed.spec.targetRef.kind, 'Deployment');
});

test('fills in the threshold that decides nothing any more', () => {
  const analysis = { stepWeight: 10, metrics: [{ name: 'request-duration', thresholdRange: { max: 500 } }] };
  const parsed = parseCanary(stored('Canary', { ...SPECS['Canary'], analysis }));
  assert.ok(parsed.ok);
  assert.equal(parsed.spec.analysis.threshold, 1);
});

test('finds what the cluster should have refused, with the same sentences', () => {
  const parsed = parseCanary(
    stored('Canary', {
      ...SPECS['Canary'],
      provider: 'traefik',
      git: { repositoryRef: { name: 'config' }, path: 'apps', freeze: true },
    }),
  );
  assert.ok(!parsed.ok);
  assert.deepEqual(parsed.problems, [
    {
      where: 'spec.provider',
      message: 'provider "traefik" is not supported yet: want gatewayapi, istio, nginx, appmesh or gloo',
      reason: 'InvalidSpec',
    },
    {
      where: 'spec.service.gatewayRefs',
      message: 'service.gatewayRefs has no effect with provider traefik: remove it, or set provider: gatewayapi',
      reason: 'InvalidSpec',
    },
    {
      where: 'spec.git.freeze',
      message: 'freeze is not supported yet: remove git, or set onSuccess and onFailure to none',
      reason: 'InvalidSpec',
    },
  ]);
});

test('parses the kinds that a Canary names', () => {
  const template = parseAnalysisTemplate(stored('ClusterAnalysisTemplate'));
  assert.ok(template.ok);
  assert.deepEqual(template.spec.provider, { type: 'prometheus', insecureSkipVerify: false });
  const provider = parseNotificationProvider(stored('NotificationProvider'));
  assert.ok(provider.ok);
  assert.equal(provider.spec.severity, 'info');
  const repository = parseRepository(stored('Repository'));
  assert.ok(repository.ok);
  assert.equal(repository.spec.branch, 'main');
  assert.deepEqual(repository.spec.commit, { skipCI: true });
});

test('tells what is wrong with the kinds that a Canary names', () => {
  const wheres = [
    parseAnalysisTemplate(stored('AnalysisTemplate', {})),
    parseNotificationProvider(stored('NotificationProvider', { type: 'slack' })),
    parseRepository(stored('Repository', { url: 'git.example.com/x' })),
  ].map((parsed) => (parsed.ok ? [] : parsed.problems.map(({ where }) => where)));
  assert.deepEqual(wheres, [['spec.query'], ['spec.address'], ['spec.url']]);
});

test('an object is parsed once, however often it is looked at', () => {
  const object = stored('Canary');
  assert.equal(parseCanary(object), parseCanary(object));
});
