import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignOwnerOf, makerOf } from '#src/api/field-owner.ts';
import type { ManagedFields } from '#src/lib/kube-object.ts';
import { aRouteInGit } from '../traffic/a-route.ts';

const rules = { 'f:spec': { 'f:rules': {} } };
const hostnames = { 'f:spec': { 'f:hostnames': {} } };
const route = (managedFields: readonly ManagedFields[]) => {
  const object = aRouteInGit();
  return { ...object, metadata: { ...object.metadata, managedFields } };
};
const owner = (managedFields: readonly ManagedFields[]): string | undefined =>
  foreignOwnerOf(route(managedFields), ['f:spec', 'f:rules']);

test('the newest owner of the field is named, unless Serin owns it too', () => {
  const old = { manager: 'kubectl', time: '2026-01-01T00:00:00Z', fieldsV1: rules };
  const flux = { manager: 'kustomize-controller', time: '2026-02-01T00:00:00Z', fieldsV1: rules };
  assert.equal(owner([flux, old]), 'kustomize-controller');
  assert.equal(owner([old, flux]), 'kustomize-controller');
  assert.equal(owner([old, flux, { manager: 'serin', fieldsV1: rules }]), undefined);
  assert.equal(owner([flux, { manager: 'serin', fieldsV1: hostnames }]), 'kustomize-controller');
  assert.equal(owner([{ manager: 'serin', fieldsV1: hostnames }]), undefined);
});

test('the maker is the owner, else the field managers', () => {
  const { metadata, ...rest } = aRouteInGit();
  const ownerReferences = [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'podinfo', uid: 'u' }];
  assert.equal(makerOf({ ...rest, metadata: { ...metadata, ownerReferences } }), 'Canary podinfo');
  assert.equal(makerOf(route([{ manager: 'helm' }, { manager: 'serin' }])), 'field manager helm');
  assert.equal(
    makerOf(route([{ manager: 'helm' }, { manager: 'traefik', subresource: 'status' }])),
    'field manager helm',
    'who writes the status has not made it',
  );
  assert.equal(makerOf(aRouteInGit()), 'an unknown field manager');
});
