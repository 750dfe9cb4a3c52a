import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { loadAll } from 'js-yaml';
import { measure } from '#src/analysis/measure.ts';
import { resolveMetrics } from '#src/analysis/resolve-metrics.ts';
import type { AnalysisTemplateSpec } from '#src/api/analysis-template.ts';
import { canarySpec } from '#src/api/canary.ts';
import { parseAnalysisTemplate } from '#src/api/parse.ts';
import { at, isRecord, stringAt } from '#src/lib/json.ts';
import { type History, storeOf } from '#test/sandbox/prometheus/history.ts';
import { askSandbox, noScrapes } from './asking.ts';
import { counters, histogram, planes, saturation } from './ready-made-cases.ts';

const FOLDER = 'analysis-templates';
const documents = globSync(`${FOLDER}/*.yaml`)
  .sort()
  .flatMap((file) => loadAll(readFileSync(file, 'utf8')).map((object) => ({ file, object })))
  .filter(({ object }) => at(object, 'kind') !== 'Kustomization');

const templates = new Map<string, AnalysisTemplateSpec>();
for (const { file, object } of documents) {
  const name = stringAt(object, 'metadata', 'name') ?? '';
  assert.ok(isRecord(object) && !templates.has(name), `${file}: ${name}`);
  const parsed = parseAnalysisTemplate({
    ...object,
    apiVersion: 'serin.dev/v1alpha1',
    kind: 'ClusterAnalysisTemplate',
    metadata: { name },
  });
  assert.ok(parsed.ok, `${file}: ${JSON.stringify(parsed)}`);
  templates.set(name, parsed.spec);
}

/** The verdict of a ready-made template for the Canary `app` in `shop`, over a minute that ends at 300 s. */
const judge = async (
  name: string,
  given: { readonly args?: Readonly<Record<string, string>>; readonly history: History },
) => {
  const templateRef = { kind: 'ClusterAnalysisTemplate', name };
  const metrics = [{ name: 'check', templateRef, args: given.args ?? {}, thresholdRange: { max: 10 } }];
  const spec = canarySpec.parse({
    targetRef: { name: 'app' },
    service: { port: 80 },
    analysis: { interval: '1m', metrics },
  });
  const { checks, problems } = resolveMetrics({
    spec,
    names: { namespace: 'shop', name: 'app', target: 'app', service: 'app', route: 'app', ingress: 'app' },
    selectors: null,
    templates: (_kind, ref) => templates.get(ref.name),
    metricTemplates: () => ({ wrong: 'does not exist', reason: 'InvalidSpec' }),
    defaultAddress: 'http://prometheus:9090',
  });
  assert.deepEqual(problems, []);
  const [check] = checks;
  assert.ok(check);
  return measure(check, {
    window: { from: 240_000, to: 300_000 },
    ask: askSandbox(storeOf(given.history)),
    scrapes: noScrapes,
    secrets: async () => undefined,
    signal: new AbortController().signal,
  });
};

const tried = new Set<string>();
for (const plane of planes) {
  describe(`${plane.name} (${plane.canary})`, () => {
    const { name, requests, canary, primary, good, bad } = plane;
    const args = plane.args ?? {};
    const elsewhere = canary
      .replaceAll('shop', 'bank')
      .replaceAll('app-canary', 'bank-canary')
      .replaceAll('__app_', '__bank_');
    const others = counters(requests, {
      [`${primary},${good}`]: 1000,
      [`${elsewhere},${bad}`]: 50,
    });

    it('error rate', async () => {
      tried.add(`${name}-error-rate`);
      const rate = async (rates: Readonly<Record<string, number>>) =>
        judge(`${name}-error-rate`, { args, history: { ...others, ...counters(requests, rates) } });
      assert.equal((await rate({ [`${canary},${good}`]: 30, [`${canary},${bad}`]: 10 })).value, 25);
      assert.equal((await rate({ [`${canary},${bad}`]: 10 })).value, 100);
      assert.equal((await rate({ [`${canary},${good}`]: 10 })).value, 0);
      assert.equal((await rate({ [`${canary},${good}`]: 0 })).verdict, 'noData');
      assert.equal((await rate({})).verdict, 'noData');
    });

    it('latency', async () => {
      tried.add(`${name}-latency`);
      const extra = plane.bucketLabels ?? '';
      const history = {
        ...histogram(plane.buckets, `${canary}${extra}`, { low: 90, high: 100 }),
        ...histogram(plane.buckets, `${primary}${extra}`, { low: 0, high: 5000 }),
      };
      const scale = plane.unit === 's' ? 1000 : 1;
      // Rank 95 of 100 lies in the middle of 0.1 … 0.5.
      const value = async (percentile: string) =>
        (await judge(`${name}-latency`, { args: { ...args, percentile }, history })).value ?? Number.NaN;
      assert.ok(Math.abs((await value('0.95')) - 0.3 * scale) < 1e-9 * scale);
      assert.ok(Math.abs((await value('0.45')) - 0.05 * scale) < 1e-9 * scale);
      assert.equal((await judge(`${name}-latency`, { args, history: {} })).verdict, 'noData');
    });
  });
}

describe('applications', () => {
  for (const [name, args, history, wanted] of saturation) {
    it(name, async () => {
      tried.add(name);
      const status = await judge(name, { args, history });
      assert.ok(Math.abs((status.value ?? Number.NaN) - wanted) < 1e-9, `${status.value} ${status.message}`);
      assert.equal((await judge(name, { args, history: {} })).verdict, 'noData');
    });
  }
});

describe('every template', () => {
  it('was tried above', () =>
    assert.deepEqual(
      [...templates.keys()].filter((name) => !tried.has(name)),
      [],
    ));

  for (const { file, object } of documents) {
    const name = stringAt(object, 'metadata', 'name') ?? '';
    it(`${name} is described, with unit and direction, and every arg has description and pattern`, () => {
      const spec = templates.get(name);
      assert.ok(spec?.description && spec.unit && spec.direction, file);
      for (const arg of spec.args) assert.ok(arg.description && arg.pattern, `${file}: ${arg.name}`);
    });
  }

  it('is listed for kubectl apply -k', () => {
    const [kustomization] = loadAll(readFileSync(`${FOLDER}/kustomization.yaml`, 'utf8'));
    const listed = at(kustomization, 'resources');
    assert.deepEqual(listed, [...new Set(documents.map(({ file }) => file.slice(FOLDER.length + 1)))].sort());
  });
});
