import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageOf } from '#src/lib/message-of.ts';

test('tells an error with its causes, and nothing twice', () => {
  const cause = new Error('no answer within 3000 ms');
  assert.equal(messageOf(new Error('Cannot get Lease', { cause })), 'Cannot get Lease: no answer within 3000 ms');
  const quoting = new Error('Cannot get Lease: no answer within 3000 ms', { cause });
  assert.equal(messageOf(quoting), 'Cannot get Lease: no answer within 3000 ms');
  assert.equal(messageOf('just text'), 'just text');
  assert.equal(messageOf({ secret: 1 }), 'unknown error');
});
