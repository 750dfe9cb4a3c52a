import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fullHost, isSameHost, suffixOf } from '#src/traffic/istio/host.ts';

const apex = { service: 'podinfo', namespace: 'shop' };

test('a Service is known in every form of its name, and what follows it is kept', () => {
  const suffixes = ['', '.shop', '.shop.svc', '.shop.svc.cluster.local'];
  for (const suffix of suffixes) assert.equal(suffixOf(`podinfo${suffix}`, apex), suffix);
});

test('other names are other hosts', () => {
  for (const host of [
    'podinfo-primary',
    'podinfo.other',
    'podinfo.other.svc.cluster.local',
    'podinfo.shopping',
    'podinfo.shop.example.com',
    'podinfo.shop.svc.other.local',
    'my.podinfo',
    '',
    '*',
  ]) {
    assert.equal(suffixOf(host, apex), undefined, host);
  }
});

test('a name without a dot is a Service of the namespace', () => {
  assert.equal(fullHost('podinfo', 'shop'), 'podinfo.shop.svc.cluster.local');
  assert.equal(fullHost('podinfo.example.com', 'shop'), 'podinfo.example.com');
  assert.equal(fullHost('*', 'shop'), '*');
});

test('hosts are the same whatever their form', () => {
  assert.equal(isSameHost('podinfo', 'podinfo.shop.svc.cluster.local', 'shop'), true);
  assert.equal(isSameHost('podinfo.shop', 'podinfo.shop.svc', 'shop'), true);
  assert.equal(isSameHost('podinfo.example.com', 'PODINFO.example.com', 'shop'), true);
  assert.equal(isSameHost('podinfo', 'podinfo.other.svc.cluster.local', 'shop'), false);
  assert.equal(isSameHost('*.example.com', 'podinfo.example.com', 'shop'), false);
});
