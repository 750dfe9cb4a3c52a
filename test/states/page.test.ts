import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PHASES } from '#src/api/words.ts';
import { ALIVE, PLACES, placeOf, TRANSITIONS, transitionBetween } from '#src/rollout/transitions.ts';
import { aRun } from '../rollout/an-observed.ts';
import { statesPage } from './page.ts';

test('docs/states.md is what `npm run states` writes', () => {
  assert.equal(readFileSync('docs/states.md', 'utf8'), statesPage());
});

test('every phase has its place, and no two transitions are the same', () => {
  const phases = new Set(Object.values(PLACES).flatMap((place): readonly string[] => place.phases));
  assert.deepEqual([...phases].toSorted(), [...PHASES].toSorted());
  assert.equal(new Set(TRANSITIONS.map(({ from, to }) => `${from} ${to}`)).size, TRANSITIONS.length);
  for (const { from, to, because } of TRANSITIONS) assert.ok(from !== to && because.length > 0, `${from} -> ${to}`);
  assert.deepEqual([...ALIVE, 'terminating'], Object.keys(PLACES));
});

test('a place is told by phase and stage together', () => {
  assert.equal(placeOf({}), 'initializing');
  assert.equal(placeOf({ phase: 'Succeeded' }), 'resting');
  assert.equal(placeOf({ phase: 'Progressing', run: aRun() }), 'scaling');
  assert.equal(placeOf({ phase: 'Succeeded', run: aRun({ stage: 'ending' }) }), 'ending');
  assert.equal(placeOf({ phase: 'Progressing' }), undefined);
  assert.equal(placeOf({ phase: 'Promoting', run: aRun() }), undefined);
});

test('a transition may be for some strategies only', () => {
  const back = { to: 'shifting', strategy: 'canary' } as const;
  assert.ok(transitionBetween('waitingPromotion', back));
  assert.equal(transitionBetween('waitingPromotion', { ...back, strategy: 'abTest' }), undefined);
  assert.equal(transitionBetween('resting', { to: 'promoting' }), undefined);
});
