import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathsOf, toFieldsV1 } from '#src/sandbox/api/field-set.ts';
import type { Shape } from '#src/sandbox/api/shapes.ts';
import { compareFields, fieldsOf, mergeFields, removeFields } from '#src/sandbox/api/structured-merge.ts';

const NAMED: Shape = { type: 'keyed', keys: ['name'] };
const SHAPE: Shape = {
  type: 'fields',
  fields: { items: NAMED, tags: { type: 'set' }, whole: { type: 'atomic' } },
};
const items = (...names: readonly string[]) => ({ items: names.map((name) => ({ name })) });

test('items come in the order of the configuration, others before the next that both have', () => {
  const orders: readonly (readonly [live: string, config: string, merged: string])[] = [
    ['ab', 'c', 'abc'],
    ['ab', 'bc', 'abc'],
    ['bax', 'ab', 'axb'],
    ['abc', 'cba', 'cba'],
    ['xay', 'zaw', 'xzayw'],
    ['', 'ba', 'ba'],
    ['ba', '', 'ba'],
  ];
  for (const [live, config, merged] of orders) {
    assert.deepEqual(mergeFields(items(...live), items(...config), SHAPE), items(...merged), `${live} with ${config}`);
  }
});

test('maps are merged, atomic parts and plain lists replaced, scalars win', () => {
  const live = { a: { x: 1, y: 1 }, whole: { x: 1 }, list: [1, 2], tags: ['p'], gone: 1 };
  const config = { a: { y: 2 }, whole: { y: 2 }, list: [3], tags: ['q', 'p'], gone: { now: 'a map' } };
  assert.deepEqual(mergeFields(live, config, SHAPE), {
    a: { x: 1, y: 2 },
    whole: { y: 2 },
    list: [3],
    tags: ['q', 'p'],
    gone: { now: 'a map' },
  });
  assert.deepEqual(mergeFields({ a: { x: 1 } }, { a: {} }, SHAPE), { a: { x: 1 } }, 'an empty map says nothing');
});

test('fields are owned at the leaves, list items also themselves', () => {
  const value = { a: { x: 1, empty: {} }, items: [{ name: 'n', v: 1 }], tags: ['p'], whole: { deep: 1 }, list: [1] };
  assert.deepEqual(toFieldsV1(fieldsOf(value, SHAPE)), {
    'f:a': { 'f:empty': {}, 'f:x': {} },
    'f:items': { 'k:{"name":"n"}': { '.': {}, 'f:name': {}, 'f:v': {} } },
    'f:list': {},
    'f:tags': { 'v:"p"': {} },
    'f:whole': {},
  });
});

test('comparison finds what is added, modified and removed, whatever the order of keyed lists', () => {
  const before = { a: 1, b: { x: 1 }, items: [{ name: 'm' }, { name: 'n', v: 1 }], whole: { x: 1 } };
  const after = { b: { x: 2 }, c: { y: 1 }, items: [{ name: 'n', v: 1 }, { name: 'o' }], whole: { x: 1, y: 1 } };
  const { added, modified, removed } = compareFields(before, after, SHAPE);
  assert.deepEqual(pathsOf(added), ['.c', '.c.y', '.items[name="o"]', '.items[name="o"].name']);
  assert.deepEqual(pathsOf(modified), ['.b.x', '.whole']);
  assert.deepEqual(pathsOf(removed), ['.a', '.items[name="m"]', '.items[name="m"].name']);
  const same = compareFields(items('a', 'b'), items('b', 'a'), SHAPE);
  assert.deepEqual([...pathsOf(same.added), ...pathsOf(same.modified), ...pathsOf(same.removed)], []);
  assert.deepEqual(pathsOf(compareFields({ a: {} }, { a: { x: 1 } }, SHAPE).added), ['.a.x']);
  assert.deepEqual(pathsOf(compareFields({ a: { x: 1 } }, { a: 'text' }, SHAPE).modified), ['.a']);
});

test('removal takes fields out and what they leave empty', () => {
  const value = { a: { x: 1, y: 1 }, b: { x: 1 }, ...items('m', 'n') };
  const set = fieldsOf({ a: { x: 1 }, b: { x: 1 }, items: [{ name: 'm' }] }, SHAPE);
  assert.deepEqual(removeFields(value, set, SHAPE), { a: { y: 1 }, ...items('n') });
});
