import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALWAYS_DENIED, denyList, wrongEntry } from '#src/lib/deny-list.ts';

test('denies by name, by address and by range, in every form of an address', () => {
  const { denies } = denyList({ deny: [...ALWAYS_DENIED, '10.1.0.0/16', 'vault.internal'], allow: [] });
  for (const host of [
    '10.1.2.3',
    '[::ffff:10.1.2.3]',
    '::ffff:a01:203',
    'Vault.Internal',
    'vault.internal.',
    '::1',
    'fe80::1%eth0',
  ]) {
    assert.ok(denies(host), host);
  }
  for (const host of [
    '10.2.0.1',
    '[2001:db8::1]',
    'internal',
    'my-vault.internal',
    'flagger-loadtester.test',
    '8.8.8.8',
  ]) {
    assert.ok(!denies(host), host);
  }
});

test('what is allowed is allowed although a range denies it', () => {
  const { denies } = denyList({ deny: ALWAYS_DENIED, allow: ['127.0.0.1', 'metadata.goog'] });
  assert.deepEqual(['127.0.0.1', '127.0.0.2', 'metadata.goog', '169.254.169.254'].map(denies), [
    false,
    true,
    false,
    true,
  ]);
});

for (const entry of [
  '',
  '10.0.0.0/33',
  '10.0.0',
  '10.0.0.0/8/8',
  '::/129',
  'https://x',
  'a b',
  '*.x',
  'x/8',
  '1.2.3.4.5',
]) {
  test(`says what is wrong with "${entry}"`, () => {
    assert.match(wrongEntry(entry) ?? '', /^Found ".*": want an address such as/);
    assert.throws(() => denyList({ deny: [entry], allow: [] }), TypeError);
  });
}
for (const entry of ALWAYS_DENIED) test(`${entry} can be read`, () => assert.equal(wrongEntry(entry), undefined));
