import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateSpec } from '#src/api/validate.ts';
import { SPECS } from './example.ts';
import { kindOf } from './rules/both-forms.ts';

const spec = SPECS['Canary'] ?? {};
const problemsOf = (sessionAffinity: unknown): readonly string[] => {
  const analysis = { stepWeights: [5], metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }] };
  const result = validateSpec(kindOf('Canary'), { ...spec, analysis: { ...analysis, sessionAffinity } });
  return result.ok ? [] : result.problems.map(({ where, message }) => `${where}: ${message}`);
};

const PLACE = 'spec.analysis.sessionAffinity';

test('refuses what could end a cookie or begin another attribute', () => {
  for (const [field, value, want] of [
    ['cookieName', 'a b', "the name of a cookie: letters, digits and !#$&'*+.^_|~-"],
    ['cookieName', 'a=b', "the name of a cookie: letters, digits and !#$&'*+.^_|~-"],
    ['primaryCookieName', 'a;b', "the name of a cookie: letters, digits and !#$&'*+.^_|~-"],
    ['domain', 'example.com; Secure', 'a domain such as example.com'],
    ['path', '/a; Secure', 'a path that starts with /'],
    ['path', 'shop', 'a path that starts with /'],
  ] as const) {
    const told = problemsOf({ cookieName: 'side', [field]: value });
    assert.deepEqual(told, [`${PLACE}.${field}: Found ${JSON.stringify(value)}: want ${want}`]);
  }
});
