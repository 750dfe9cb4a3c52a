import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { World } from '#test/harness/a-world.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { ended, push, serving } from '#test/harness/release.ts';

// Flagger's MetricTemplate as the judge of a Canary, against the Prometheus of the sandbox.

const QUERY = `
  100 * (sum(rate(traefik_service_requests_total{service=~".*{{ variables.side }}.*", code=~"{{ variables.codes }}"}[{{ interval }}])) or vector(0))
  / sum(rate(traefik_service_requests_total{service=~".*{{- variables.side -}}.*"}[{{ interval }}]))
`;

const aTemplate = (metadata: Partial<KubeObject['metadata']> = {}, query = 'vector(7)'): KubeObject => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'MetricTemplate',
  metadata: { name: 'errors', namespace: 'shop', ...metadata },
  spec: { provider: { type: 'prometheus', address: 'http://prometheus:9090' }, query },
});

const judgedBy = (
  templateRef: Readonly<Record<string, string>>,
  metric: Readonly<Record<string, unknown>> = {},
): KubeObject =>
  aCanary({
    analysis: {
      interval: '10s',
      threshold: 1,
      stepWeights: [50],
      metrics: [
        {
          name: 'errors',
          thresholdRange: { max: 10 },
          templateRef: { kind: 'MetricTemplate', name: 'errors', ...templateRef },
          ...metric,
        },
      ],
    },
  });

const stalled = (world: World): string | undefined => {
  const found = world.canary().conditions.find(({ type, status }) => type === 'Stalled' && status === 'True');
  return found && `${found.reason}: ${found.message}`;
};

const take = async (world: World): Promise<void> =>
  world.clock.until(() => world.canary().phase === 'Initialized', 60_000);

test('a MetricTemplate decides, by the range of the Canary', async (t) => {
  const world = await serving(t);
  world.apply(aTemplate());
  world.startController();
  world.apply(judgedBy({}));
  await take(world);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), 120_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  world.apply(aTemplate({}, 'vector(11)'));
  push(world, 'podinfo:6.2.0');
  await world.clock.until(ended(world, 2), 120_000);
  const [last] = world.canary().history;
  assert.equal(last?.outcome, 'RolledBack');
  assert.match(last?.sentence ?? '', /errors 11 is above 10/);
});

test('a query of real counters, with variables and a regular expression, tells good from bad', async (t) => {
  const world = await serving(t);
  world.apply(aTemplate({}, QUERY));
  world.startController();
  world.apply(judgedBy({}, { templateVariables: { side: 'podinfo-(canary|x)', codes: '5..|4.4' } }));
  await take(world);
  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), 120_000);
  assert.equal(world.canary().history[0]?.outcome, 'RolledBack', world.canary().history[0]?.sentence);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 2), 120_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted', world.canary().history[0]?.sentence);
});

test('one of another namespace is used when it allows that', async (t) => {
  const world = await serving(t);
  world.apply(aTemplate({ namespace: 'flux-system' }));
  world.startController();
  world.apply(judgedBy({ namespace: 'flux-system' }));
  await world.clock.until(() => stalled(world) !== undefined, 60_000);
  assert.equal(
    stalled(world),
    'AccessDenied: spec.analysis.metrics[0].templateRef: MetricTemplate flux-system/errors does not allow namespace shop: ' +
      'kubectl annotate metrictemplate errors -n flux-system serin.dev/allowed-namespaces=shop, or use one of namespace shop',
  );
  world.apply(aTemplate({ namespace: 'flux-system', annotations: { 'serin.dev/allowed-namespaces': 'shop' } }));
  await take(world);
  assert.equal(stalled(world), undefined);
});

test('one that is missing is named, and used as soon as it is there', async (t) => {
  const world = await serving(t);
  world.startController();
  world.apply(judgedBy({}));
  await world.clock.until(() => stalled(world) !== undefined, 60_000);
  assert.match(stalled(world) ?? '', /MetricTemplate shop\/errors does not exist: create it, or name one that does$/);
  world.apply(aTemplate());
  await take(world);
});
