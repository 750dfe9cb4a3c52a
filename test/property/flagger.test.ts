import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { kindNamed } from '#src/api/kinds.ts';
import { validateSpec } from '#src/api/validate.ts';
import { translate } from '#src/flagger/translate.ts';
import { isRecord, type JsonRecord, listAt, recordAt } from '#src/lib/json.ts';
import { flaggerSchema } from '#test/flagger/crd.ts';
import { PLANES, plainCanary } from '#test/flagger/samples.ts';

const RUNS = process.env['SERIN_DEEP'] === undefined ? 300 : 20_000;

/** Texts that fit a pattern of Flagger's CRD, and those that mean something at a place. */
const textAt = (schema: JsonRecord, path: string): fc.Arbitrary<string> => {
  const pattern = schema['pattern'];
  if (typeof pattern === 'string' && pattern.includes('(m|s)')) {
    return fc.constantFrom('10s', '1m', '5s', '1m30s', '0s', '10sec', '1ms', '99999999m');
  }
  if (/url$|metricsServer$/.test(path))
    return fc.constantFrom('http://x.example.com', 'https://y', 'not an address', '');
  if (/\.name$/.test(path))
    return fc.constantFrom('podinfo', 'request-success-rate', 'request-duration', 'Not_A_Name', '');
  return fc.constantFrom('a', 'always', '', '15s', '0.5s', 'shop.example.com', 'x'.repeat(300));
};

const anyOf = (schema: JsonRecord, path: string): fc.Arbitrary<unknown> => {
  if (schema['x-kubernetes-int-or-string'] === true) return fc.constantFrom(80, 'http');
  const words = listAt(schema, 'enum');
  if (words.length > 0) return fc.constantFrom(...words);
  switch (schema['type']) {
    case 'string':
      return textAt(schema, path);
    case 'integer':
      return fc.integer({ min: Number(schema['minimum'] ?? 0), max: Number(schema['maximum'] ?? 70_000) });
    case 'number':
      return fc.oneof(fc.integer({ min: -1, max: 150 }), fc.constantFrom(0.5, 80, 9898));
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(anyOf(recordAt(schema, 'items'), `${path}[]`), { maxLength: 3 });
    default:
      return objectOf(schema, path);
  }
};

const objectOf = (schema: JsonRecord, path: string): fc.Arbitrary<JsonRecord> => {
  const others = schema['additionalProperties'];
  if (isRecord(others))
    return fc.dictionary(fc.constantFrom('a', 'x-canary', 'cookie', ''), anyOf(others, `${path}.a`), { maxKeys: 2 });
  const required = listAt(schema, 'required').filter((name) => typeof name === 'string');
  const fields = Object.fromEntries(
    Object.entries(recordAt(schema, 'properties')).map(([name, child]) => [
      name,
      anyOf(recordAt({ child }, 'child'), `${path}.${name}`),
    ]),
  );
  const ways = listAt(schema, 'oneOf').flatMap((way) => [listAt(way, 'required')]);
  const whole = fc.record(fields, { requiredKeys: required });
  // One way of stepping, as the CRD wants it; other alternatives are left to what is refused.
  return path === 'spec.analysis' && ways.length > 0
    ? fc
        .tuple(whole, fc.constantFrom('iterations', 'stepWeight', 'stepWeights'), fc.record(fields))
        .map(([some, way, all]): JsonRecord => {
          const { iterations: _, stepWeight: __, stepWeights: ___, ...rest } = some;
          return { ...rest, interval: all['interval'], threshold: all['threshold'], [way]: all[way] };
        })
    : whole;
};

const METRICS = [
  { name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '1m' },
  { name: 'request-duration', thresholdRange: { max: 500 } },
  { name: 'answers', query: 'sum(up)', threshold: 3, interval: '30s' },
  { name: 'answers', query: 'sum(down)', threshold: 1 },
];

/** Canaries such as people write them: most can be run. */
const plausible = fc
  .record({
    plane: fc.constantFrom(...PLANES),
    analysis: fc.record(
      {
        interval: fc.constantFrom('10s', '1m', '1m30s', '5s'),
        threshold: fc.integer({ min: -1, max: 20 }),
        maxWeight: fc.integer({ min: 0, max: 100 }),
        stepWeight: fc.integer({ min: 1, max: 100 }),
        stepWeightPromotion: fc.integer({ min: 0, max: 100 }),
        metrics: fc.subarray(METRICS, { minLength: 1 }),
      },
      { requiredKeys: ['interval', 'threshold', 'stepWeight', 'metrics'] },
    ),
    more: fc.record(
      { suspend: fc.boolean(), progressDeadlineSeconds: fc.integer({ min: 1, max: 3600 }) },
      { requiredKeys: [] },
    ),
  })
  .map(({ plane, analysis, more }) => {
    const canary = plainCanary(plane);
    return { ...canary, spec: { ...recordAt(canary, 'spec'), ...more, analysis } };
  });

const metadata = { name: 'podinfo', namespace: 'shop' };
const anything = objectOf(recordAt(flaggerSchema('canaries'), 'properties', 'spec'), 'spec').map((spec) => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata,
  spec,
}));

test('every Canary that Flagger takes becomes a valid one of Serin’s, or is refused with words', () => {
  const kind = kindNamed('Canary');
  assert.ok(kind);
  const seen = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(fc.oneof(anything, plausible), (canary) => {
      const translated = translate(canary);
      if (translated.ok) {
        seen.taken++;
        assert.ok(validateSpec(kind, translated.spec).ok);
        return;
      }
      seen.refused++;
      assert.ok(translated.problems.length > 0);
      for (const { where, message } of translated.problems) {
        assert.match(where, /^spec/);
        assert.ok(message.length > 0 && !message.includes('undefined'), message);
      }
    }),
    { numRuns: RUNS },
  );
  assert.ok(seen.taken > RUNS / 20 && seen.refused > RUNS / 20, JSON.stringify(seen));
});
