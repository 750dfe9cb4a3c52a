import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { at, isRecord, recordAt, sameJson } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { difference, fromFieldsV1, NO_FIELDS, pathsOf, union } from '#src/sandbox/api/field-set.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';
import { GATEWAY } from '#src/sandbox/api/shapes.ts';
import { fieldsOf } from '#src/sandbox/api/structured-merge.ts';

const REF = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', namespace: 'default', name: 'edge' };
const PATH = '/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways/edge';

/** Some of a few labels, finalizers (a set), listeners (a list with keys), addresses (atomic) and a map. */
const listener = fc.record(
  { name: fc.constantFrom('h', 's', 't'), port: fc.integer({ min: 1, max: 2 }) },
  { requiredKeys: ['name'] },
);
const value = fc.constantFrom('1', '2');
const parts = fc.record(
  {
    labels: fc.dictionary(fc.constantFrom('a', 'b'), value, { minKeys: 1 }),
    finalizers: fc.uniqueArray(fc.constantFrom('x.io/a', 'x.io/b'), { minLength: 1 }),
    listeners: fc.uniqueArray(listener, { selector: ({ name }) => name, minLength: 1 }),
    addresses: fc.array(fc.record({ value }), { minLength: 1, maxLength: 2 }),
    infrastructure: fc.dictionary(fc.constantFrom('c', 'd'), value, { minKeys: 1 }),
  },
  { requiredKeys: [] },
);
const configuration = parts.map(({ labels, finalizers, ...spec }) => ({
  apiVersion: REF.apiVersion,
  kind: REF.kind,
  metadata: { name: REF.name, ...(labels && { labels }), ...(finalizers && { finalizers }) },
  spec: { gatewayClassName: 'sandbox', ...spec },
}));

const apply = fc.record({ manager: fc.constantFrom('one', 'two', 'three'), config: configuration });

/** The stored object without identity and what the server writes. */
const ownable = ({ metadata: { labels, finalizers }, spec }: KubeObject): unknown => ({
  ...(labels || finalizers ? { metadata: { ...(labels && { labels }), ...(finalizers && { finalizers }) } } : {}),
  spec,
});

/** True when everything in `part` is in `whole`, list items by their keys. */
const contains = (whole: unknown, part: unknown): boolean => {
  if (!isRecord(part) && !Array.isArray(part)) return whole === part;
  if (isRecord(part)) return Object.entries(part).every(([key, field]) => contains(recordAt(whole)[key], field));
  const items = Array.isArray(whole) ? whole : [];
  return part.every((item) => items.some((other) => contains(other, item)));
};

test('forced applies: the last word holds, nothing unowned stays, nothing owned is missing', () => {
  fc.assert(
    fc.property(fc.array(apply, { minLength: 1, maxLength: 8 }), (applies) => {
      const api = new SandboxApi({ clock: new VirtualClock() });
      for (const { manager, config } of applies) {
        const request = {
          method: 'PATCH',
          path: PATH,
          query: { fieldManager: manager, force: 'true' },
          contentType: 'application/apply-patch+yaml',
          body: JSON.parse(JSON.stringify(config)),
        } as const;
        api.handle(request, { user: manager });
        const stored = api.read(REF);
        assert.ok(stored !== undefined);
        const { addresses, ...rest } = config.spec;
        assert.ok(contains(stored['spec'], rest), 'what was applied is there');
        if (addresses !== undefined)
          assert.ok(sameJson(at(stored, 'spec', 'addresses'), addresses), 'what is atomic is replaced');

        const owned = (stored.metadata.managedFields ?? []).reduce(
          (all, { fieldsV1 }) => union(all, fromFieldsV1(fieldsV1)),
          NO_FIELDS,
        );
        const present = fieldsOf(ownable(stored), GATEWAY);
        const unowned = pathsOf(difference(present, owned));
        assert.deepEqual(unowned, [], 'what nobody owns is gone');
        const missing = pathsOf(difference(owned, fieldsOf(ownable(stored), GATEWAY, { containers: true })));
        assert.deepEqual(missing, [], 'what is owned is there');

        api.handle(request, { user: manager });
        assert.equal(api.read(REF)?.metadata.resourceVersion, stored.metadata.resourceVersion, 'again changes nothing');
      }
    }),
    { numRuns: process.env['SERIN_DEEP'] === '1' ? 2000 : 100 },
  );
});
