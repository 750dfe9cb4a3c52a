import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ValueMatch } from '#src/rollout/request-match.ts';
import { cookieOf, cookieRegex } from '#src/traffic/cookie-regex.ts';

const takes = (cookies: string, name: string, match: ValueMatch): boolean =>
  new RegExp(`^(?:${cookieRegex(name, match)})$`).test(cookies);

test('a cookie is found wherever it stands, and nothing that looks like it', () => {
  const always: ValueMatch = { op: 'exact', value: 'always' };
  for (const cookies of ['canary=always', 'a=b; canary=always', 'canary=always;a=b', 'a=b;  canary=always ; c=d']) {
    assert.equal(takes(cookies, 'canary', always), true, cookies);
  }
  for (const cookies of ['xcanary=always', 'a=canary=always', 'canary=alwaysnot', 'canary=always2; a=b', '']) {
    assert.equal(takes(cookies, 'canary', always), false, cookies);
  }
});

test('an expression stays within the value of its cookie', () => {
  for (const value of ['a.*z', 'a[^b]*z', 'a\\S*z', 'a\\D*z', 'a\\W*z', '^a.*z$']) {
    assert.equal(takes('v=a-z; w=1', 'v', { op: 'regex', value }), true, value);
    assert.equal(takes('v=a; w=z', 'v', { op: 'regex', value }), false, value);
  }
});

test('characters that mean something to an expression mean themselves in a name and in a value', () => {
  assert.equal(takes('v.1=a+b', 'v.1', { op: 'exact', value: 'a+b' }), true);
  assert.equal(takes('vx1=a+b', 'v.1', { op: 'exact', value: 'a+b' }), false);
  assert.equal(takes('v.1=aab', 'v.1', { op: 'exact', value: 'a+b' }), false);
});

test('what was asked can be read back', () => {
  const name = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/);
  const literal = fc.record({
    op: fc.constantFrom('exact' as const, 'prefix' as const),
    value: fc.stringMatching(/^[!-:<-~]*$/),
  });
  const piece = fc.constantFrom(
    'a',
    '.',
    '.*',
    '\\.',
    '[^;]',
    '[^a]',
    '[^;a;]',
    '[]^]',
    '[^]]',
    '\\S+',
    '\\\\',
    '(?:b|c)',
  );
  const regex = fc
    .tuple(fc.constantFrom('', '^'), fc.array(piece, { minLength: 1 }), fc.constantFrom('', '$', '\\$'))
    .map(([head, pieces, tail]) => ({ op: 'regex' as const, value: `${head}${pieces.join('')}${tail}` }));
  fc.assert(
    fc.property(name, fc.oneof(literal, regex), (cookie, match) => {
      assert.deepEqual(cookieOf(cookieRegex(cookie, match)), { name: cookie, ...match });
    }),
  );
});

test('expressions of other people for the header are none of ours', () => {
  assert.equal(cookieOf('^(.*?;)?(canary=always)(;.*)?$'), undefined);
  assert.equal(cookieOf('(?:.*;)?[ \\t]*canary[ \\t]*(?:;.*)?'), undefined);
});
