import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compileMatch,
  matches,
  parseRequest,
  underPath,
  unsupportedMatch,
} from '#src/sandbox/gateway/request-match.ts';

const request = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  parseRequest({ method: 'GET', host: 'A.example.com', path, headers });

test('a path prefix ends at a slash', () => {
  assert.ok(underPath('/a', '/a') && underPath('/a/', '/a') && underPath('/a/b', '/a/') && underPath('/a', '/a/'));
  assert.ok(!underPath('/ab', '/a') && !underPath('/', '/a'));
  assert.ok(underPath('/anything', '/'));
});

test('of headers named twice only the first counts, and names do not heed case', () => {
  const headers = [
    { name: 'X-Side', value: 'a' },
    { name: 'x-side', value: 'b' },
  ];
  assert.ok(matches(compileMatch({ headers }), request('/', { 'x-side': 'a' })));
  assert.ok(!matches(compileMatch({ headers }), request('/', { 'x-side': 'b' })));
  assert.ok(
    !matches(compileMatch({ headers: [{ name: 'x-side', type: 'RegularExpression', value: '.*' }] }), request('/')),
  );
});

test('regular expressions match the whole value; those that do not parse are not supported', () => {
  const header = (value: string) => ({ headers: [{ name: 'v', type: 'RegularExpression', value }] });
  assert.ok(matches(compileMatch(header('[0-9]+')), request('/', { v: '12' })));
  assert.ok(!matches(compileMatch(header('[0-9]+')), request('/', { v: '12a' })));
  assert.equal(unsupportedMatch(header('[0-9]+')), undefined);
  assert.match(unsupportedMatch(header('(')) ?? '', /regular expression "\("/);
});

test('query parameters are decoded, and the host is read without case', () => {
  const match = compileMatch({ queryParams: [{ name: 'q', value: 'a b' }] });
  assert.ok(matches(match, request('/x?q=a%20b&r=1')));
  assert.ok(!matches(match, request('/x')));
  assert.equal(request('/').host, 'a.example.com');
});
