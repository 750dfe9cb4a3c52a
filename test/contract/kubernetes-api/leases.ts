import assert from 'node:assert/strict';
import { at, stringAt } from '#src/lib/json.ts';
import { type Case, expectOk, expectRefusal, type Json, versionOf } from './harness.ts';

const LEASES = 'coordination.k8s.io/v1 leases';
const NOW = '2026-01-01T00:00:00.000000Z';

const lease = (spec: Json): Json => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'serin' },
  spec,
});

const held = { holderIdentity: 'one', leaseDurationSeconds: 15, acquireTime: NOW, renewTime: NOW, leaseTransitions: 0 };

/** What leader election writes. */
export const leaseCases: readonly Case[] = [
  {
    name: 'a Lease is stored as it was written, to the microsecond',
    run: async (api) => {
      const spec = { ...held, renewTime: '2026-01-01T00:00:02.123456Z' };
      const created = expectOk(await api.post(LEASES, lease(spec)), 201);
      assert.deepEqual(created['spec'], spec);
      assert.deepEqual(expectOk(await api.get(`${LEASES}/serin`)), created);
    },
  },
  {
    name: 'of two who take a Lease at once, one is told that it came second',
    run: async (api) => {
      const free = expectOk(await api.post(LEASES, lease({ ...held, holderIdentity: '' })), 201);
      const taken = (holderIdentity: string) => ({ ...free, spec: { ...held, holderIdentity, leaseTransitions: 1 } });
      const first = expectOk(await api.put(`${LEASES}/serin`, taken('one')));
      assert.notEqual(versionOf(first), versionOf(free));
      const second = expectRefusal(await api.put(`${LEASES}/serin`, taken('two')), 409, 'Conflict');
      assert.match(
        second,
        /^Operation cannot be fulfilled on leases\.coordination\.k8s\.io "serin": the object has been/,
      );
      const created = await api.post(LEASES, lease(held));
      expectRefusal(created, 409, 'AlreadyExists');
      assert.equal(stringAt(expectOk(await api.get(`${LEASES}/serin`)), 'spec', 'holderIdentity'), 'one');
    },
  },
  {
    name: 'a Lease that is given back has no holder and the shortest duration',
    run: async (api) => {
      const first = expectOk(await api.post(LEASES, lease(held)), 201);
      const back = { ...held, holderIdentity: '', leaseDurationSeconds: 1 };
      const given = expectOk(await api.put(`${LEASES}/serin`, { ...first, spec: back }));
      assert.equal(at(given, 'spec', 'holderIdentity'), '');
      const next = expectOk(await api.put(`${LEASES}/serin`, { ...given, spec: { ...held, leaseTransitions: 1 } }));
      assert.equal(at(next, 'spec', 'leaseTransitions'), 1);
    },
  },
  {
    name: 'counts that make no sense are refused',
    run: async (api) => {
      const short = await api.post(LEASES, lease({ ...held, leaseDurationSeconds: 0 }));
      assert.equal(
        expectRefusal(short, 422, 'Invalid'),
        'Lease.coordination.k8s.io "serin" is invalid: spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      );
      const negative = await api.post(LEASES, lease({ ...held, leaseTransitions: -1 }));
      assert.match(
        expectRefusal(negative, 422, 'Invalid'),
        /spec\.leaseTransitions: .*must be greater than or equal to 0$/,
      );
    },
  },
  {
    name: 'a time needs six digits behind its seconds',
    run: async (api) => {
      for (const renewTime of ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123Z', 'now']) {
        const refused = await api.post(LEASES, lease({ ...held, renewTime }));
        assert.match(
          expectRefusal(refused, 400, 'BadRequest'),
          /^Lease in version "v1" cannot be handled as a Lease: parsing time "/,
        );
      }
    },
  },
];
