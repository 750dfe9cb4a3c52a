import assert from 'node:assert/strict';
import { at } from '#src/lib/json.ts';
import { type Case, type Client, expectOk, expectRefusal, type Json } from './harness.ts';

const EVENTS = 'events.k8s.io/v1 events';
const NOW = '2026-01-01T00:00:00.000000Z';

const event = (api: Client, fields: Json = {}): Json => ({
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: 'podinfo.1' },
  eventTime: NOW,
  reportingController: 'serin.dev/controller',
  reportingInstance: 'serin-0',
  regarding: { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: api.namespace, name: 'podinfo', uid: 'u' },
  type: 'Normal',
  reason: 'Promoted',
  action: 'Promote',
  note: 'It is out',
  ...fields,
});

const series = (count: number) => ({ count, lastObservedTime: '2026-01-01T00:05:00.000000Z' });

type Refusal = { readonly fields: Json; readonly told: string };

/** What an Event may not be, with the server's words: `message` and `involvedObject` are its names of old. */
const REFUSALS: readonly Refusal[] = [
  { fields: { eventTime: undefined }, told: 'eventTime: Required value' },
  { fields: { reportingInstance: undefined }, told: 'reportingInstance: Required value' },
  {
    fields: { reportingInstance: 'x'.repeat(129) },
    told: 'reportingInstance: Invalid value: "": can have at most 128 characters',
  },
  { fields: { action: undefined }, told: 'action: Required value' },
  { fields: { action: 'x'.repeat(129) }, told: 'action: Invalid value: "": can have at most 128 characters' },
  { fields: { reason: '' }, told: 'reason: Required value' },
  { fields: { reason: 'x'.repeat(129) }, told: 'reason: Invalid value: "": can have at most 128 characters' },
  { fields: { type: 'Odd' }, told: 'type: Invalid value: "": has invalid value: Odd' },
  { fields: { type: undefined }, told: 'type: Invalid value: "": has invalid value: ' },
  { fields: { note: 'x'.repeat(1025) }, told: 'message: Invalid value: "": can have at most 1024 characters' },
  { fields: { note: '…'.repeat(342) }, told: 'message: Invalid value: "": can have at most 1024 characters' },
  {
    fields: { regarding: { kind: 'Node', name: 'a' } },
    told: 'involvedObject.namespace: Invalid value: "": does not match event.namespace',
  },
  { fields: { series: series(1) }, told: 'series.count: Invalid value: "": should be at least 2' },
  { fields: { series: { count: 2 } }, told: 'series.lastObservedTime: Required value' },
];

/** What the event recorder writes. */
export const eventCases: readonly Case[] = [
  {
    name: 'an Event becomes a series by a merge patch, and nothing else of it changes',
    run: async (api) => {
      const created = expectOk(await api.post(EVENTS, event(api)), 201);
      assert.equal(created['eventTime'], NOW);
      expectRefusal(await api.post(EVENTS, event(api)), 409, 'AlreadyExists');
      const path = `${EVENTS}/podinfo.1`;
      const counted = expectOk(await api.merge(path, { series: series(2) }));
      assert.deepEqual(counted['series'], series(2));
      assert.deepEqual(at(expectOk(await api.merge(path, { series: series(7) })), 'series'), series(7));
      const other = await api.merge(path, { note: 'other' });
      assert.equal(
        expectRefusal(other, 422, 'Invalid'),
        'Event "podinfo.1" is invalid: message: Invalid value: "other": field is immutable',
      );
      const later = await api.merge(path, { eventTime: '2026-01-01T00:00:01.000000Z' });
      assert.match(expectRefusal(later, 422, 'Invalid'), /eventTime: Invalid value: .*field is immutable/);
      expectRefusal(await api.merge(path, { series: series(1) }), 422, 'Invalid');
      expectRefusal(await api.merge(`${EVENTS}/none`, { series: series(2) }), 404, 'NotFound');
    },
  },
  {
    name: 'an Event is refused for what it lacks, by the field',
    run: async (api) => {
      for (const { fields, told } of REFUSALS) {
        const refused = await api.post(EVENTS, event(api, fields));
        assert.equal(expectRefusal(refused, 422, 'Invalid'), `Event "podinfo.1" is invalid: ${told}`);
      }
    },
  },
  {
    name: 'the longest note is counted in bytes',
    run: async (api) => {
      for (const [index, note] of ['x'.repeat(1024), '…'.repeat(341)].entries()) {
        expectOk(await api.post(EVENTS, event(api, { metadata: { name: `long.${index}` }, note })), 201);
      }
    },
  },
  {
    name: 'an Event about what has no namespace stands in default',
    run: async (api) => {
      const path = '/apis/events.k8s.io/v1/namespaces/default/events';
      const body = event(api, { regarding: { apiVersion: 'v1', kind: 'Node', name: 'a' } });
      expectOk(await api.post(path, body, { dryRun: 'All' }), 201);
    },
  },
  {
    name: 'times of an Event need six digits behind their seconds',
    run: async (api) => {
      const refused = await api.post(EVENTS, event(api, { eventTime: '2026-01-01T00:00:00Z' }));
      assert.match(
        expectRefusal(refused, 400, 'BadRequest'),
        /^Event in version "v1" cannot be handled as a Event: parsing time "/,
      );
    },
  },
];
