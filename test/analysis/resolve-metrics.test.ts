import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ResolveOptions, resolveMetrics } from '#src/analysis/resolve-metrics.ts';
import { analysisTemplateSpec } from '#src/api/analysis-template.ts';
import { canarySpec } from '#src/api/canary.ts';
import type { Problem } from '#src/api/problem.ts';
import type { MetricCheck, MetricSelectors } from '#src/rollout/metric-check.ts';

const selectors: MetricSelectors = {
  requests: 'r{service="app-canary"}',
  errors: 'r{service="app-canary",code=~"5.."}',
  durationBuckets: { selector: 'b{service="app-canary"}', unit: 's' },
};

const template = {
  args: [
    { name: 'queue', pattern: '^[a-z-]+$' },
    { name: 'percentile', default: '0.99' },
  ],
  provider: {
    address: 'http://other:9090',
    secretRef: { name: 'prom' },
    headers: { 'x-scope-orgid': 'shop' },
    insecureSkipVerify: true,
  },
  query: 'quantile({{ args.percentile }}, lag{namespace="{{ namespace }}", queue="{{ args.queue }}"})',
  unit: 'messages',
  noData: 'fail',
};

type Given = {
  readonly metrics: readonly Readonly<Record<string, unknown>>[];
  readonly templates?: Readonly<Record<string, unknown>>;
  readonly options?: Partial<ResolveOptions>;
  readonly spec?: Readonly<Record<string, unknown>>;
};

const resolve = (given: Given) => {
  const spec = canarySpec.parse({
    targetRef: { name: 'app' },
    service: { port: 80 },
    analysis: {
      interval: '30s',
      metrics: given.metrics.map((metric, index) => ({ name: `m${index}`, thresholdRange: { max: 1 }, ...metric })),
    },
    ...given.spec,
  });
  return resolveMetrics({
    spec,
    names: { namespace: 'shop', name: 'app', target: 'app', service: 'app', route: 'app', ingress: undefined },
    selectors,
    templates: (kind, { namespace, name }) => {
      const found = given.templates?.[[kind, namespace, name].filter(Boolean).join('/')];
      return found === undefined ? undefined : analysisTemplateSpec.parse(found);
    },
    metricTemplates: () => ({ wrong: 'does not exist', reason: 'InvalidSpec' }),
    defaultAddress: 'http://prometheus:9090',
    ...given.options,
  });
};

const only = (given: Given): MetricCheck => {
  const { checks, problems } = resolve(given);
  assert.deepEqual(problems, []);
  const [check] = checks;
  assert.ok(check);
  return check;
};

const problem = (given: Given): Problem => {
  const { checks, problems } = resolve(given);
  assert.deepEqual(checks, []);
  const [first, ...others] = problems;
  assert.ok(first);
  assert.deepEqual(others, []);
  return first;
};

describe('built-in metrics', () => {
  it('come with selectors, unit and defaults', () => {
    assert.deepEqual(only({ metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }] }), {
      name: 'request-success-rate',
      query: { kind: 'success-rate', selectors },
      unit: '%',
      address: 'http://prometheus:9090',
      intervalMs: 30_000,
      min: 99,
      initialDelayMs: 0,
      dryRun: false,
      noData: 'hold',
      samples: 1,
    });
    const primary = { requests: 'r{service="app-primary"}', errors: 'r{service="app-primary",code=~"5.."}' };
    const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
    assert.deepEqual(only({ metrics, options: { primary } }).query, {
      kind: 'success-rate',
      selectors,
      primary: primary.requests,
    });
    const duration = only({
      metrics: [
        {
          name: 'request-duration',
          thresholdRange: { max: 500 },
          interval: '1m',
          initialDelay: '2m',
          failureLimit: 3,
          dryRun: true,
        },
      ],
    });
    assert.deepEqual(
      [
        duration.query.kind,
        duration.unit,
        duration.max,
        duration.intervalMs,
        duration.initialDelayMs,
        duration.failureLimit,
        duration.dryRun,
      ],
      ['duration', 'ms', 500, 60_000, 120_000, 3, true],
    );
  });

  it('name the template to use where the plane cannot tell the sides apart', () => {
    const found = problem({ metrics: [{ name: 'request-success-rate' }], options: { selectors: null } });
    assert.equal(found.where, 'spec.analysis.metrics[0]');
    assert.equal(found.reason, 'InvalidSpec');
    assert.match(
      found.message,
      /no metrics that tell canary from primary.*ClusterAnalysisTemplate http-server-error-rate/,
    );
  });

  it('wait for a plane that is not known yet only until something is measured', () => {
    const metrics = [{ name: 'request-success-rate' }, { name: 'errors', query: 'sum(rate(errors[1m]))' }];
    const waiting = resolve({ metrics, options: { selectors: 'later', mayWait: true } });
    assert.deepEqual(
      waiting.checks.map(({ name }) => name),
      ['errors'],
    );
    assert.deepEqual(waiting.problems, []);
    const [problem] = resolve({ metrics, options: { selectors: 'later' } }).problems;
    assert.match(problem?.message ?? '', /^No data plane has answered for the route yet/);
  });

  it("take Flagger's old threshold as min of a success rate and as max of everything else", () => {
    const range = (metric: Readonly<Record<string, unknown>>) => {
      const { min, max } = only({ metrics: [{ thresholdRange: undefined, ...metric }] });
      return { min, max };
    };
    assert.deepEqual(range({ name: 'request-success-rate', threshold: 99 }), { min: 99, max: undefined });
    assert.deepEqual(range({ name: 'request-duration', threshold: 500 }), { min: undefined, max: 500 });
    assert.deepEqual(range({ query: 'up', threshold: 0 }), { min: undefined, max: 0 });
  });

  it('need a histogram for durations only', () => {
    const { durationBuckets: _, ...counters } = selectors;
    const metrics = [{ name: 'request-success-rate' }, { name: 'request-duration' }];
    const { checks, problems } = resolve({ metrics, options: { selectors: counters } });
    assert.deepEqual(
      checks.map(({ name }) => name),
      ['request-success-rate'],
    );
    assert.deepEqual(
      problems.map(({ where }) => where),
      ['spec.analysis.metrics[1]'],
    );
  });
});

describe('inline queries', () => {
  it('are rendered but for the interval; target is the canary workload', () => {
    const check = only({
      metrics: [
        { query: 'sum(rate(x{ns="{{ namespace }}",pod=~"{{ target }}-.+",old=~"{{primary}}.*"}[{{ interval }}]))' },
      ],
    });
    assert.deepEqual(check.query, {
      kind: 'text',
      text: 'sum(rate(x{ns="shop",pod=~"app-canary-.+",old=~"app-primary.*"}[{{ interval }}]))',
    });
  });

  it('ask spec.metricsServer before the default', () => {
    assert.equal(
      only({ metrics: [{ query: 'x' }], spec: { metricsServer: 'http://own:9090' } }).address,
      'http://own:9090',
    );
    const found = problem({ metrics: [{ query: 'x' }], options: { defaultAddress: undefined } });
    assert.match(found.message, /has no Prometheus: want spec.metricsServer or --metrics-server/);
  });

  it('that do not parse say where', () => {
    const found = problem({ metrics: [{ query: 'sum(rate(x[{{ interval }}])' }] });
    assert.equal(found.where, 'spec.analysis.metrics[0].query');
    assert.match(
      found.message,
      /^The query is no PromQL: unexpected end after "sum\(rate\(x\[60s\]\)" \(character 17\)$/,
    );
    assert.match(
      problem({ metrics: [{ query: 'max(x) by by (pod)' }] }).message,
      /unexpected "by \(pod\)" after "max\(x\) by " \(character 11\)/,
    );
  });

  it('with an unknown variable name the known ones', () => {
    const found = problem({ metrics: [{ query: 'x{a="{{ ingress }}"}' }] });
    assert.equal(
      found.message,
      'Unknown variable "ingress": want one of canary, interval, name, namespace, primary, route, service, target',
    );
  });

  it('must stand there when the name is not built in', () => {
    assert.match(problem({ metrics: [{}] }).message, /Metric "m0" has no query/);
  });
});

describe('templates', () => {
  const templates = {
    'AnalysisTemplate/shop/lag': template,
    'ClusterAnalysisTemplate/lag': { query: 'lag{ns="{{ namespace }}"}' },
  };
  const use = { templateRef: { name: 'lag' }, args: { queue: 'orders' } };

  it('bring query, provider, unit and what no data means', () => {
    assert.deepEqual(only({ metrics: [use], templates }), {
      name: 'm0',
      query: { kind: 'text', text: 'quantile(0.99, lag{namespace="shop", queue="orders"})' },
      address: 'http://other:9090',
      secretRef: { namespace: 'shop', name: 'prom' },
      headers: { 'x-scope-orgid': 'shop' },
      insecureSkipVerify: true,
      unit: 'messages',
      noData: 'fail',
      samples: 1,
      intervalMs: 30_000,
      max: 1,
      initialDelayMs: 0,
      dryRun: false,
    });
  });

  it("of the cluster ask the controller's Prometheus, never the Canary's own", () => {
    const check = only({
      spec: { metricsServer: 'http://own:9090' },
      metrics: [{ templateRef: { kind: 'ClusterAnalysisTemplate', name: 'lag' } }],
      templates,
    });
    assert.deepEqual(
      [check.address, check.query],
      ['http://prometheus:9090', { kind: 'text', text: 'lag{ns="shop"}' }],
    );
  });

  it('of another namespace are refused, even if they exist', () => {
    const found = problem({
      metrics: [{ templateRef: { name: 'lag', namespace: 'bank' } }],
      templates: { 'AnalysisTemplate/bank/lag': template },
    });
    assert.equal(found.reason, 'AccessDenied');
    assert.match(
      found.message,
      /AnalysisTemplate bank\/lag is in another namespace: want one in shop, or a ClusterAnalysisTemplate/,
    );
  });

  it("keep args from Secrets as references, in the Canary's namespace", () => {
    const secret = {
      args: [{ name: 'tenant', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
      query: 'x{t="{{ args.tenant }}"}',
    };
    for (const kind of ['AnalysisTemplate', 'ClusterAnalysisTemplate']) {
      const check = only({
        metrics: [{ templateRef: { kind, name: 't' } }],
        templates: { 'AnalysisTemplate/shop/t': secret, 'ClusterAnalysisTemplate/t': secret },
      });
      assert.deepEqual(check.secretArgs, { tenant: { namespace: 'shop', name: 's', key: 'k' } });
      assert.deepEqual(check.query, { kind: 'text', text: 'x{t="{{ args.tenant }}"}' });
    }
    const overridden = problem({
      metrics: [{ templateRef: { name: 't' }, args: { tenant: 'x' } }],
      templates: { 'AnalysisTemplate/shop/t': secret },
    });
    assert.match(overridden.message, /Arg "tenant" comes from a Secret of the template/);
  });

  const refused: readonly (readonly [
    string,
    Readonly<Record<string, unknown>>,
    Readonly<Record<string, unknown>>,
    string,
    RegExp,
  ])[] = [
    [
      'missing',
      { templateRef: { name: 'nope' } },
      {},
      'spec.analysis.metrics[0].templateRef',
      /AnalysisTemplate shop\/nope does not exist or is not valid/,
    ],
    ['required arg', { args: {} }, {}, 'spec.analysis.metrics[0].args.queue', /Arg "queue" is required/],
    [
      'pattern',
      { args: { queue: 'Orders!' } },
      {},
      'spec.analysis.metrics[0].args.queue',
      /Found "Orders!": want what matches \^\[a-z-\]\+\$/,
    ],
    [
      'unknown arg',
      { args: { queue: 'a', que: 'b' } },
      {},
      'spec.analysis.metrics[0].args.que',
      /no arg "que": want one of queue, percentile/,
    ],
    [
      'variable in arg',
      { args: { queue: '{{ interval }}' } },
      {},
      'spec.analysis.metrics[0].args.queue',
      /want a value without \{\{/,
    ],
    [
      'bad pattern',
      {},
      { args: [{ name: 'queue', pattern: '(' }] },
      'spec.analysis.metrics[0].args.queue',
      /pattern \( is no regular expression/,
    ],
    [
      'bare word',
      { args: { queue: 'a', percentile: '1) or (2' } },
      {},
      'AnalysisTemplate shop/lag spec.query',
      /"args.percentile" cannot stand outside quotes/,
    ],
    ['query', {}, { query: 'sum(' }, 'AnalysisTemplate shop/lag spec.query', /The query is no PromQL/],
    [
      'provider',
      {},
      { provider: { type: 'datadog' } },
      'AnalysisTemplate shop/lag',
      /Provider "datadog" is not supported yet/,
    ],
    ['samples', {}, { samples: 20 }, 'AnalysisTemplate shop/lag', /samples 20 is not supported yet/],
  ];
  for (const [title, metric, change, where, message] of refused) {
    it(`refused: ${title}`, () => {
      const found = problem({
        metrics: [{ ...use, ...metric }],
        templates: { 'AnalysisTemplate/shop/lag': { ...template, ...change } },
      });
      assert.equal(found.where, where);
      assert.match(found.message, message);
    });
  }

  it('leave the other metrics alone when one is wrong', () => {
    const { checks, problems } = resolve({ metrics: [{ query: 'a' }, { query: 'sum(' }, { query: 'b' }] });
    assert.deepEqual(
      checks.map(({ name }) => name),
      ['m0', 'm2'],
    );
    assert.equal(problems.length, 1);
  });
});
