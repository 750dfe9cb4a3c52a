import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonPatch } from '#src/sandbox/api/json-patch.ts';
import { mergePatch } from '#src/sandbox/api/merge-patch.ts';

/** Target, patch and result of RFC 7386, appendix A. */
const MERGES: readonly (readonly [target: unknown, patch: unknown, result: unknown])[] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

test('merge patch does what RFC 7386 says', () => {
  for (const [target, patch, result] of MERGES) {
    assert.deepEqual(mergePatch(target, patch), result, `${JSON.stringify(target)} with ${JSON.stringify(patch)}`);
  }
});

const DOCUMENT = { list: ['a', 'b'], map: { 'x/y': 1, 'm~n': 2 }, '': 3 };

/** A patch of DOCUMENT and what becomes of it, after RFC 6902, appendix A. */
const PATCHES: readonly (readonly [patch: readonly unknown[], result: unknown])[] = [
  [[{ op: 'add', path: '/new', value: { deep: 1 } }], { ...DOCUMENT, new: { deep: 1 } }],
  [[{ op: 'add', path: '/list/1', value: 'x' }], { ...DOCUMENT, list: ['a', 'x', 'b'] }],
  [[{ op: 'add', path: '/list/-', value: 'x' }], { ...DOCUMENT, list: ['a', 'b', 'x'] }],
  [[{ op: 'add', path: '/list/2', value: 'x' }], { ...DOCUMENT, list: ['a', 'b', 'x'] }],
  [[{ op: 'remove', path: '/list/0' }], { ...DOCUMENT, list: ['b'] }],
  [[{ op: 'remove', path: '/map/x~1y' }], { ...DOCUMENT, map: { 'm~n': 2 } }],
  [[{ op: 'replace', path: '/map/m~0n', value: 5 }], { ...DOCUMENT, map: { 'x/y': 1, 'm~n': 5 } }],
  [[{ op: 'replace', path: '/', value: 4 }], { ...DOCUMENT, '': 4 }],
  [[{ op: 'replace', path: '', value: { all: 1 } }], { all: 1 }],
  [
    [
      { op: 'test', path: '/list', value: ['a', 'b'] },
      { op: 'add', path: '/map', value: 1 },
    ],
    { ...DOCUMENT, map: 1 },
  ],
];

test('JSON patch does what RFC 6902 says', () => {
  for (const [patch, result] of PATCHES) assert.deepEqual(jsonPatch(DOCUMENT, patch), result, JSON.stringify(patch));
});

test('JSON patch refuses what does not fit the document', () => {
  const refused: readonly (readonly [operation: unknown, words: RegExp])[] = [
    [{ op: 'remove', path: '/none' }, /missing path: \/none/],
    [{ op: 'replace', path: '/none', value: 1 }, /missing path/],
    [{ op: 'add', path: '/none/deep', value: 1 }, /missing path/],
    [{ op: 'add', path: '/list/3', value: 1 }, /missing path/],
    [{ op: 'add', path: '/list/01', value: 1 }, /missing path/],
    [{ op: 'replace', path: '/list/-', value: 1 }, /missing path/],
    [{ op: 'test', path: '/list/0', value: 'b' }, /testing value \/list\/0 failed/],
    [{ op: 'remove', path: '' }, /whole document/],
    [{ op: 'spin', path: '/list' }, /Unexpected kind/],
    [{ op: 'remove', path: 'list' }, /starts with "\/"/],
    [{ op: 'remove' }, /needs a path/],
  ];
  for (const [operation, words] of refused) assert.throws(() => jsonPatch(DOCUMENT, [operation]), words);
  assert.throws(() => jsonPatch(DOCUMENT, {}), /list of operations/);
});
