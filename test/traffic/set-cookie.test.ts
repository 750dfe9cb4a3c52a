import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Affinity } from '#src/rollout/exposure.ts';
import { readSetCookie, setCookie } from '#src/traffic/set-cookie.ts';

type Attributes = Affinity['attributes'];

const attributes: fc.Arbitrary<Attributes> = fc.record(
  {
    maxAge: fc.nat(),
    domain: fc.constantFrom('example.com', '.example.com'),
    path: fc.constantFrom('/', '/shop'),
    httpOnly: fc.constant(true as const),
    secure: fc.constant(true as const),
    sameSite: fc.constantFrom('Lax' as const, 'Strict' as const, 'None' as const),
    partitioned: fc.constant(true as const),
  },
  { requiredKeys: ['maxAge'] },
);
const cookie = fc.record({
  name: fc.stringMatching(/^[A-Za-z0-9!#$&'*+.^_|~-]+$/),
  value: fc.stringMatching(/^[0-9a-f]{10}(-[0-9]{1,3}([.][0-9]{1,4})?)?$/),
});

test('what was asked can be read back', () => {
  fc.assert(
    fc.property(cookie, attributes, (one, of) => {
      assert.deepEqual(readSetCookie(setCookie(one, of)), { cookie: { ...one }, attributes: { ...of } });
    }),
  );
});

test('a cookie with every attribute is as RFC 6265 has it', () => {
  const side = { name: 'side', value: '0123456789-5' };
  const all: Attributes = {
    maxAge: 60,
    domain: 'example.com',
    path: '/',
    httpOnly: true,
    secure: true,
    sameSite: 'None',
    partitioned: true,
  };
  assert.equal(
    setCookie(side, all),
    'side=0123456789-5; Max-Age=60; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=None; Partitioned',
  );
});

test('cookies of other people are none of ours', () => {
  for (const value of [
    'side=blue; Max-Age=60; Path=/',
    'side=0123456789; Path=/',
    'side=0123456789; Max-Age=60; Path=/; Priority=High',
    'side=0123456789abc; Max-Age=60',
    '',
  ]) {
    assert.equal(readSetCookie(value), undefined, value);
  }
});
