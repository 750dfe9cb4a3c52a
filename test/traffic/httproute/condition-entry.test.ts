import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringAt } from '#src/lib/json.ts';
import type { Condition } from '#src/rollout/request-match.ts';
import { conditionOf, entryOf } from '#src/traffic/httproute/condition-entry.ts';
import { aRequest, isPinned } from '#test/contract/sample-request.ts';

const text = fc.string({ unit: fc.constantFrom(...'ab1.-_*+?()[]{}|^$\\/=~'), maxLength: 8 });
const deep = process.env['SERIN_DEEP'] === '1';

/** Expressions that JavaScript and RE2 read alike. */
const expression = fc
  .array(fc.constantFrom('a', 'b', '1', '\\.', '.', '.*', '[0-9]+', '[^b]', 'a?', '(a|b)', '\\d', '\\S+', '|'), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''));
const place = fc.record({
  on: fc.constantFrom('header', 'cookie', 'query'),
  name: fc.constantFrom('x-canary', 'group', 'X.Y', 'cookie'),
});
const condition: fc.Arbitrary<Condition> = fc
  .tuple(place, fc.constantFrom('exact', 'prefix', 'regex'), text, expression)
  .map(([{ on, name }, op, literal, regex]) => ({ on, name, op, value: op === 'regex' ? regex : literal }));

test('every condition is read back as it was written', () => {
  fc.assert(
    fc.property(condition, (one) => {
      const { field, entry } = entryOf(one);
      assert.notEqual(entry['value'], '', 'the API takes no empty value');
      assert.deepEqual(conditionOf(field, entry), one);
    }),
    { numRuns: deep ? 20_000 : 500 },
  );
});

/** What an entry makes of a value, by a plane that finds expressions anywhere in it. */
const passes = (entry: unknown, given: string | undefined): boolean => {
  const value = stringAt(entry, 'value') ?? '';
  if (given === undefined) return false;
  return stringAt(entry, 'type') === 'RegularExpression' ? new RegExp(value).test(given) : given === value;
};

test('an expression passes what the condition means, wherever a plane looks for it', () => {
  const cookies = fc
    .uniqueArray(fc.tuple(fc.constantFrom('group', 'agroup', 'x-canary'), text), {
      maxLength: 3,
      selector: ([name]) => name,
    })
    .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('; '));
  fc.assert(
    fc.property(condition, text, cookies, (one, value, cookie) => {
      const { field, entry } = entryOf(one);
      const name = one.name.toLowerCase();
      const headers = one.on === 'cookie' ? { cookie } : { [name]: value };
      const request = aRequest(one.on === 'query' ? { query: { [one.name]: value } } : { headers });
      const given =
        field === 'queryParams' ? request.query[one.name] : request.headers[one.on === 'cookie' ? 'cookie' : name];
      assert.equal(passes(entry, given), isPinned(request, [[one]]));
    }),
    { numRuns: deep ? 50_000 : 500 },
  );
});
