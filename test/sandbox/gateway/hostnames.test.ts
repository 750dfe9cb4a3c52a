import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bySpecificity, commonHostnames, covers } from '#src/sandbox/gateway/hostnames.ts';

test('a wildcard covers names below its suffix, not the suffix itself', () => {
  assert.ok(covers('*.example.com', 'a.example.com'));
  assert.ok(covers('*.example.com', 'a.b.example.com'));
  assert.ok(!covers('*.example.com', 'example.com'));
  assert.ok(!covers('*.example.com', 'aexample.com'));
  assert.ok(covers('*', 'anything'));
});

test('listener and route share the narrower of their hostnames', () => {
  assert.deepEqual(commonHostnames(undefined, []), ['*']);
  assert.deepEqual(commonHostnames(undefined, ['a.com']), ['a.com']);
  assert.deepEqual(commonHostnames('a.com', []), ['a.com']);
  assert.deepEqual(commonHostnames('*.a.com', ['x.a.com', 'b.com']), ['x.a.com']);
  assert.deepEqual(commonHostnames('x.a.com', ['*.a.com']), ['x.a.com']);
  assert.deepEqual(commonHostnames('a.com', ['b.com']), []);
});

test('names go before wildcards, long wildcards before short ones', () => {
  assert.deepEqual(['*', '*.com', 'b.com', '*.b.com'].sort(bySpecificity), ['b.com', '*.b.com', '*.com', '*']);
});
