import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { entryFor } from '#src/flagger/field-entry.ts';
import { specEntries, type Translated, translate } from '#src/flagger/translate.ts';
import { at, type JsonRecord, listAt, recordAt, sameJson } from '#src/lib/json.ts';
import { canaryFields } from './crd.ts';
import { aFlaggerCanary, withAnalysis } from './flagger-manifests.ts';
import { PLANES, plainCanary } from './samples.ts';
import { translatedSample } from './translated-sample.ts';

const specOf = (translated: Translated): JsonRecord => {
  assert.ok(translated.ok, JSON.stringify(translated));
  return translated.spec;
};
const problemsOf = (translated: Translated): readonly string[] =>
  translated.ok ? [] : translated.problems.map(({ where, message }) => `${where}: ${message}`);
const analysisOf = (analysis: JsonRecord): JsonRecord =>
  recordAt(specOf(translate(withAnalysis(analysis))), 'analysis');
const metricOf = (metric: JsonRecord): JsonRecord => recordAt(analysisOf({ metrics: [metric] }), 'metrics', 0);

test('a Canary as Flagger’s users write it becomes one of Serin’s', () => {
  assert.deepEqual(specOf(translate(aFlaggerCanary())), {
    provider: 'gatewayapi:v1',
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    progressDeadlineSeconds: 60,
    service: {
      port: 80,
      targetPort: 9898,
      gatewayRefs: [{ namespace: 'gateways', name: 'edge' }],
      hosts: ['podinfo.example.com'],
    },
    analysis: {
      judge: 'threshold',
      interval: '10s',
      threshold: 2,
      maxWeight: 50,
      stepWeight: 25,
      metrics: [{ name: 'request-success-rate', interval: '10s', thresholdRange: { min: 99 } }],
    },
  });
});

for (const plane of PLANES) {
  test(`a plain Canary is run on ${plane}`, () => assert.ok(translate(plainCanary(plane)).ok));
}

describe('no field is passed over', () => {
  const fields = canaryFields('spec')
    .filter(({ path }) => entryFor(specEntries, path)?.does !== 'no effect')
    // One value only: there is nothing else that could be set.
    .filter(({ schema }) => listAt(schema, 'enum').length !== 1);
  for (const { path } of fields) {
    test(path, () => {
      const seen = PLANES.map((plane) => {
        const { before: plain, after: translated } = translatedSample(plane, path);
        if (!translated.ok) {
          for (const { where, message } of translated.problems) {
            assert.match(where, /^spec/);
            assert.match(message, /./);
          }
          return true;
        }
        const isShown = !sameJson(translated.spec, plain.ok ? plain.spec : {});
        return isShown || translated.notes.some(({ where }) => path.startsWith(where.replaceAll(/\[\d+\]/g, '[]')));
      });
      // A reference's apiVersion is read as one version, whatever stands there; istio is a provider already.
      const isSame = (plane: string): boolean =>
        /\.(ingressRef|autoscalerRef)\.apiVersion$/.test(path) || (path === 'spec.provider' && plane === 'istio');
      assert.deepEqual(
        PLANES.filter((plane, index) => seen[index] !== true && !isSame(plane)),
        [],
      );
    });
  }
});

describe('Flagger’s defaults', () => {
  test('interval is 60s, at least 10s', () => {
    assert.equal(analysisOf({ interval: '' })['interval'], '60s');
    assert.equal(analysisOf({ interval: '5s' })['interval'], '10s');
    assert.equal(analysisOf({ interval: '1m0.5s' })['interval'], '60500ms');
    assert.equal(analysisOf({ interval: '90s' })['interval'], '90s');
  });
  test('threshold is 1, also for 0 and less', () => {
    assert.equal(analysisOf({ threshold: 0 })['threshold'], 1);
    assert.equal(analysisOf({ threshold: -1 })['threshold'], 1);
  });
  test('maxWeight 0 is 100, and nothing beside stepWeights', () => {
    assert.equal(analysisOf({ maxWeight: 0 })['maxWeight'], undefined);
    const stepped = translate(withAnalysis({ stepWeight: undefined, stepWeights: [5, 50], maxWeight: 20 }));
    assert.equal(at(specOf(stepped), 'analysis', 'maxWeight'), undefined);
    assert.deepEqual(stepped.ok && stepped.notes.map(({ where }) => where), ['spec.analysis.maxWeight']);
  });
  test('a metric looks back 1m, and an old threshold is a range', () => {
    assert.deepEqual(metricOf({ name: 'request-success-rate', threshold: 99 }), {
      name: 'request-success-rate',
      interval: '1m',
      thresholdRange: { min: 99 },
    });
    assert.deepEqual(metricOf({ name: 'request-duration', threshold: 500 })['thresholdRange'], { max: 500 });
    const both = { name: 'request-duration', threshold: 500, thresholdRange: { max: 300 } };
    assert.deepEqual(metricOf(both)['thresholdRange'], { max: 300 });
  });
  test('the provider is the one that all are run on, or what references tell, or istio', () => {
    const { provider: _, ...spec } = recordAt(aFlaggerCanary(), 'spec');
    const bare = { ...aFlaggerCanary(), spec };
    const providerOf = (translated: Translated): unknown => translated.ok && translated.spec['provider'];
    assert.equal(providerOf(translate(bare)), 'gatewayapi:v1');
    assert.equal(providerOf(translate(bare, { meshProvider: 'gatewayapi:v1beta1' })), 'gatewayapi:v1');
    const { gatewayRefs: __, ...service } = recordAt(spec, 'service');
    const meshed = { ...bare, spec: { ...spec, service } };
    assert.equal(providerOf(translate(meshed)), 'istio');
    assert.deepEqual(problemsOf(translate(meshed, { meshProvider: 'kuma' })), [
      'spec.provider: provider "kuma" is not supported yet: want gatewayapi, istio, nginx, appmesh or gloo',
    ]);
  });
});

test('names that stand there twice get a number, and a built-in metric may not', () => {
  const query = { query: 'sum(up)', thresholdRange: { max: 1 } };
  const metrics = [
    { name: 'a', ...query },
    { name: 'a', ...query },
    { name: 'a-2', ...query },
  ];
  const names = at(analysisOf({ metrics }), 'metrics');
  assert.deepEqual(Array.isArray(names) && names.map((metric: unknown) => at(metric, 'name')), ['a', 'a-3', 'a-2']);
  const twice = { name: 'request-duration', thresholdRange: { max: 1 } };
  assert.match(
    problemsOf(translate(withAnalysis({ metrics: [twice, twice] })))[0] ?? '',
    /metrics\[1\]\.name: request-duration stands there twice/,
  );
});

test('references to Flagger’s own kinds say so', () => {
  const metric = {
    name: 'lag',
    templateRef: { name: 'lag', namespace: 'ops' },
    templateVariables: { queue: 'a' },
    thresholdRange: { max: 1 },
  };
  const alerts = [{ name: 'team', severity: '', providerRef: { name: 'slack' } }];
  const translated = translate(withAnalysis({ metrics: [metric], alerts }));
  if (!translated.ok) return assert.doesNotMatch(problemsOf(translated).join(), /args|templateVariables/);
  assert.deepEqual(at(translated.spec, 'analysis', 'metrics', 0), {
    name: 'lag',
    interval: '1m',
    templateRef: { kind: 'MetricTemplate', name: 'lag', namespace: 'ops' },
    args: { queue: 'a' },
    thresholdRange: { max: 1 },
  });
  assert.deepEqual(at(translated.spec, 'analysis', 'alerts', 0), {
    name: 'team',
    providerRef: { kind: 'AlertProvider', name: 'slack' },
  });
});

describe('what would be fail-open or never end in Flagger is refused, in the user’s own fields', () => {
  const refused: readonly (readonly [what: string, analysis: JsonRecord, sentence: RegExp])[] = [
    [
      'match without iterations',
      { match: [{ headers: { a: { exact: 'b' } } }] },
      /spec\.analysis\.match: .*set iterations/,
    ],
    [
      'no steps and no iterations',
      { stepWeight: undefined, iterations: 0 },
      /spec\.analysis\.iterations: No version would ever be promoted/,
    ],
    ['steps that fall', { stepWeight: undefined, stepWeights: [50, 20] }, /spec\.analysis\.stepWeights: .*must rise/],
    [
      'a metric held against nothing',
      { metrics: [{ name: 'request-success-rate' }] },
      /metrics\[0\]\.thresholdRange: .*nothing to be held against/,
    ],
    [
      'a metric without a query',
      { metrics: [{ name: 'lag', thresholdRange: { max: 1 } }] },
      /metrics\[0\]: .*has no query/,
    ],
    ['no metrics', { metrics: undefined }, /spec\.analysis\.metrics: /],
    ['an interval that is none', { interval: '10sec' }, /spec\.analysis\.interval: Found "10sec": want a duration/],
  ];
  for (const [what, analysis, sentence] of refused) {
    test(what, () => assert.match(problemsOf(translate(withAnalysis(analysis))).join('; '), sentence));
  }
});

test('a field that Serin does not know is refused: a newer Flagger may mean something by it', () => {
  const newer = withAnalysis({ quantum: true });
  assert.deepEqual(problemsOf(translate(newer)), [
    'spec.analysis.quantum: it is none of the fields of Flagger 1.44, which Serin knows: remove it, or let Flagger run this Canary',
  ]);
});

test('App Mesh is run when its end is accepted by an annotation', () => {
  const { annotations: _, ...metadata } = plainCanary('appmesh').metadata;
  assert.match(
    problemsOf(translate({ ...plainCanary('appmesh'), metadata })).join(),
    /^spec\.provider: .*serin\.dev\/acknowledge-end-of-life: "true"/,
  );
});
