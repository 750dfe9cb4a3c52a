import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CanaryStatus, parseCanaryStatus } from '#src/api/canary-status.ts';
import { nextStep, type Seen } from '#src/flagger/hand-over.ts';
import { shadowManifest } from '#src/flagger/shadow.ts';
import { translate } from '#src/flagger/translate.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { aFlaggerCanary } from './flagger-manifests.ts';

const canary = aFlaggerCanary();
const original: KubeObject = { ...canary, metadata: { ...canary.metadata, uid: 'original' } };
const held: KubeObject = { ...original, metadata: { ...original.metadata, finalizers: ['serin.dev/flagger'] } };
const deleted = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
});
const withPhase = (phase: string): KubeObject => ({ ...original, status: { phase } });

const translated = translate(original);
assert.ok(translated.ok);
const shadow = shadowManifest(held, { spec: translated.spec });
const onItsWay = (handOver: 'in' | 'out'): KubeObject => shadowManifest(held, { spec: translated.spec, handOver });

const SINCE = '2026-01-01T00:00:00Z';
const settled: CanaryStatus = parseCanaryStatus({
  phase: 'Succeeded',
  stable: { revision: 'a', hash: 'a', images: {}, since: SINCE },
});

const stepOf = (seen: Partial<Seen>) =>
  nextStep({
    original,
    namesake: undefined,
    status: settled,
    isInvited: true,
    watchers: [],
    translated,
    isFlaggersShape: true,
    ...seen,
  });
const wordOf = (seen: Partial<Seen>): string => stepOf(seen).step;
const told = (seen: Partial<Seen>): string => {
  const step = stepOf(seen);
  return 'problems' in step ? step.problems.map(({ where, message }) => `${where}: ${message}`).join('; ') : '';
};

describe('a Canary in a namespace that is labelled', () => {
  test('is begun with when nothing is in the way', () => assert.equal(wordOf({}), 'begin'));
  test('is refused while a Flagger runs it', () => {
    const watchers = [{ deployment: 'flux-system/flagger' }];
    assert.equal(wordOf({ watchers }), 'refuse');
    assert.match(
      told({ watchers }),
      /Deployment flux-system\/flagger: it is a Flagger that runs the Canaries of all namespaces/,
    );
  });
  for (const phase of ['Waiting', 'Progressing', 'WaitingPromotion', 'Promoting', 'Finalising', 'Terminating']) {
    test(`is Flagger’s to end in ${phase}`, () => assert.equal(wordOf({ original: withPhase(phase) }), 'refuse'));
  }
  for (const phase of ['Initializing', 'Initialized', 'Succeeded', 'Failed']) {
    test(`is begun with in ${phase}`, () => assert.equal(wordOf({ original: withPhase(phase) }), 'begin'));
  }
  test('is begun with again in any phase, once it has been Serin’s', () => {
    assert.equal(wordOf({ original: { ...held, status: { phase: 'Progressing' } } }), 'begin');
  });
  test('is refused when its name is taken', () => assert.equal(wordOf({ namesake: aCanary() }), 'refuse'));
  test('waits for the shadow of an earlier one to go', () => {
    const other = shadowManifest(
      { ...held, metadata: { ...held.metadata, uid: 'earlier' } },
      { spec: translated.spec },
    );
    assert.equal(wordOf({ namesake: other }), 'end');
  });
  test('is taken over, then run', () => {
    assert.equal(wordOf({ original: held, namesake: onItsWay('in') }), 'adopt');
    assert.equal(wordOf({ original: held, namesake: shadow }), 'run');
  });
  test('goes on when a Flagger comes, and says so', () => {
    const seen = {
      original: held,
      namesake: shadow,
      watchers: [{ deployment: 'flux-system/flagger', namespace: 'shop' }],
    };
    assert.equal(wordOf(seen), 'run');
    assert.match(told(seen), /two controllers would fight/);
  });
});

describe('a Canary in a namespace without the label', () => {
  const isInvited = false;
  test('is none of Serin’s business', () => assert.equal(wordOf({ isInvited }), 'none'));
  test('is released when its shadow is gone', () => assert.equal(wordOf({ isInvited, original: held }), 'release'));
  test('is left, then handed back, at rest', () => {
    assert.equal(wordOf({ isInvited, original: held, namesake: shadow }), 'leave');
    assert.equal(wordOf({ isInvited, original: held, namesake: onItsWay('out') }), 'handBack');
  });
  test('is handed back to the end, also when the label comes again', () => {
    assert.equal(wordOf({ original: held, namesake: onItsWay('out') }), 'handBack');
  });
  test('is given back to the target where nothing serves in Flagger’s shape', () => {
    assert.equal(wordOf({ isInvited, original: held, namesake: shadow, isFlaggersShape: false }), 'end');
    assert.equal(wordOf({ isInvited, original: held, namesake: shadow, status: parseCanaryStatus({}) }), 'end');
  });
  test('ends what was begun', () =>
    assert.equal(wordOf({ isInvited, original: held, namesake: onItsWay('in') }), 'adopt'));
});

describe('a Canary that is deleted', () => {
  test('goes when nothing of Serin’s is left', () => {
    assert.equal(wordOf({ original: deleted(original) }), 'none');
    assert.equal(wordOf({ original: deleted(held) }), 'release');
  });
  test('waits until its shadow has given everything back', () => {
    assert.equal(wordOf({ original: deleted(held), namesake: shadow }), 'end');
    assert.equal(wordOf({ original: deleted(held), namesake: deleted(shadow) }), 'wait');
  });
  test('ends what was begun first', () => {
    assert.equal(wordOf({ original: deleted(held), namesake: onItsWay('in') }), 'adopt');
    assert.equal(wordOf({ original: deleted(held), namesake: onItsWay('out') }), 'handBack');
  });
  test('leaves a namesake alone', () =>
    assert.equal(wordOf({ original: deleted(held), namesake: aCanary() }), 'release'));
});
