import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FoundMetricTemplate } from '#src/analysis/from-metric-template.ts';
import { resolveMetrics } from '#src/analysis/resolve-metrics.ts';
import { canarySpec } from '#src/api/canary.ts';
import { parseMetricTemplate } from '#src/api/metric-template.ts';

const QUERY = `
  100 - sum(rate(istio_requests_total{destination_workload_namespace="{{ namespace }}",
    destination_workload="{{ target }}", response_code!~"{{ variables.codes }}"}[{{ interval }}]))
`;

type Given = {
  readonly template?: Readonly<Record<string, unknown>>;
  readonly metric?: Readonly<Record<string, unknown>>;
  readonly ref?: Readonly<Record<string, unknown>>;
  readonly found?: FoundMetricTemplate;
};

const resolve = ({ template = {}, metric = {}, ref = {}, found }: Given) => {
  const spec = canarySpec.parse({
    targetRef: { name: 'app' },
    service: { port: 80, name: 'web' },
    analysis: {
      metrics: [
        {
          name: 'not-found',
          interval: '1m',
          thresholdRange: { max: 5 },
          templateRef: { kind: 'MetricTemplate', name: 'errors', ...ref },
          args: { codes: '5..|4.4' },
          ...metric,
        },
      ],
    },
  });
  const parsed = parseMetricTemplate({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'MetricTemplate',
    metadata: { name: 'errors', namespace: 'shop' },
    spec: { provider: { type: 'prometheus', address: 'http://prom:9090' }, query: QUERY, ...template },
  });
  const [wrong] = parsed.ok ? [] : parsed.problems;
  return resolveMetrics({
    spec,
    names: { namespace: 'shop', name: 'podinfo', target: 'app', service: 'web', route: 'web' },
    selectors: null,
    templates: () => undefined,
    metricTemplates: () =>
      found ??
      (parsed.ok
        ? { spec: parsed.spec }
        : { wrong: `is not valid: ${wrong?.where}: ${wrong?.message}`, reason: 'InvalidSpec' }),
    defaultAddress: 'http://controller:9090',
  });
};

const only = (given: Given) => {
  const { checks, problems } = resolve(given);
  assert.deepEqual(problems, []);
  assert.equal(checks.length, 1);
  return checks[0];
};
const told = (given: Given): string => {
  const { checks, problems } = resolve(given);
  assert.deepEqual(checks, []);
  assert.equal(problems.length, 1);
  return `${problems[0]?.where}: ${problems[0]?.message}`;
};
const text = (query: string, metric: Given['metric'] = {}): string => {
  const check = only({ template: { query }, metric });
  assert.ok(check?.query.kind === 'text');
  return check.query.text;
};

describe('a MetricTemplate', () => {
  it('asks its own Prometheus about the canary workload, with what the Canary gives', () => {
    assert.deepEqual(only({}), {
      name: 'not-found',
      query: {
        kind: 'text',
        text: QUERY.replace('{{ namespace }}', 'shop')
          .replace('{{ target }}', 'app-canary')
          .replace('{{ variables.codes }}', '5..|4.4'),
      },
      address: 'http://prom:9090',
      intervalMs: 60_000,
      max: 5,
      initialDelayMs: 0,
      dryRun: false,
      noData: 'hold',
      samples: 1,
    });
  });

  it('brings credentials of its own namespace, headers and what it trusts', () => {
    const provider = {
      type: 'prometheus',
      address: 'https://prom:9090',
      secretRef: { name: 'prom' },
      headers: { 'X-Scope-OrgID': ['a', 'b'] },
      insecureSkipVerify: true,
      region: 'eu-1',
    };
    const check = only({ template: { provider }, ref: { namespace: 'infra' } });
    assert.deepEqual(check?.secretRef, { namespace: 'infra', name: 'prom' });
    assert.deepEqual(check?.headers, { 'X-Scope-OrgID': 'a, b' });
    assert.equal(check?.insecureSkipVerify, true);
  });

  it("gives every variable that Flagger's templates have", () => {
    const query =
      'up{a="{{ name }}",b="{{ namespace }}",c="{{ target }}",d="{{ service }}",e="{{ ingress }}",f="{{ route }}",g="{{ index variables `codes` }}"}';
    assert.equal(text(query), 'up{a="podinfo",b="shop",c="app-canary",d="web",e="app",f="web",g="5..|4.4"}');
  });

  it("takes variables under Flagger's name too", () => {
    assert.equal(text('up{a="{{ variables.x }}"}', { args: undefined, templateVariables: { x: 'y' } }), 'up{a="y"}');
  });

  it('lets a variable be a regular expression, and a name be a name', () => {
    assert.equal(text('up{a=~"{{ target }}-{{ variables.codes }}"}'), 'up{a=~"app-canary-5..|4.4"}');
    assert.equal(text('up{a=~"{{ variables.x }}"}', { args: { x: String.raw`\\d+` } }), String.raw`up{a=~"\\d+"}`);
    assert.equal(text('sum(x) > {{ variables.x }}', { args: { x: '0.5' } }), 'sum(x) > 0.5');
  });

  const REFUSED: readonly (readonly [string, Given, string])[] = [
    [
      'a variable that would end its quotes',
      { metric: { args: { codes: '5.."} or vector(0) #' } } },
      'MetricTemplate shop/errors spec.query: The value of "variables.codes" would end its quotes: want it without ", unless with \\ before it',
    ],
    [
      'a backslash that would take the quote with it',
      { metric: { args: { codes: '5..\\' } } },
      'MetricTemplate shop/errors spec.query: The value of "variables.codes" would end its quotes: want it without ", unless with \\ before it',
    ],
    [
      'a variable that would be a piece of query',
      { template: { query: 'sum({{ variables.codes }})' } },
      'MetricTemplate shop/errors spec.query: The value of "args.codes" cannot stand outside quotes: want a number, a duration or a name',
    ],
    [
      'a variable that nobody gives',
      { metric: { args: {} } },
      'MetricTemplate shop/errors spec.query: Unknown variable "variables.codes": want one of canary, ingress, interval, name, namespace, primary, route, service, target',
    ],
    [
      'a value that would be read once more',
      { metric: { args: { codes: '{{ target }}' } } },
      'spec.analysis.metrics[0].args.codes: Found "{{ target }}": want a value without {{',
    ],
    [
      'what computes',
      { template: { query: '{{ if target }}up{{ end }}' } },
      'MetricTemplate shop/errors spec.query: Cannot read "{{ if target }}" of a Go template: want one variable, of name, namespace, target, service, ingress, route, interval and variables.NAME',
    ],
    [
      'no PromQL',
      { template: { query: 'sum(' } },
      'MetricTemplate shop/errors spec.query: The query is no PromQL: unexpected end after "sum(" (character 5)',
    ],
    [
      'one that is not there',
      { found: { wrong: 'does not exist: create it', reason: 'InvalidSpec' } },
      'spec.analysis.metrics[0].templateRef: MetricTemplate shop/errors does not exist: create it',
    ],
    ...[
      'datadog',
      'cloudwatch',
      'newrelic',
      'graphite',
      'dynatrace',
      'splunk',
      'stackdriver',
      'influxdb',
      'keptn',
      'externalmetrics',
    ].map((type): readonly [string, Given, string] => [
      `provider ${type}`,
      { template: { provider: { type, secretRef: { name: 'x' } } } },
      `spec.analysis.metrics[0].templateRef: MetricTemplate shop/errors is not valid: spec.provider.type: Provider ${type} is not supported yet: want prometheus`,
    ]),
    [
      'a provider that nobody knows',
      { template: { provider: { type: 'prometeus', address: 'http://prom:9090' } } },
      'spec.analysis.metrics[0].templateRef: MetricTemplate shop/errors is not valid: spec.provider.type: Found "prometeus": want prometheus',
    ],
    [
      'no address',
      { template: { provider: { type: 'prometheus' } } },
      'spec.analysis.metrics[0].templateRef: MetricTemplate shop/errors is not valid: spec.provider.address: Required field is missing: want the address of a Prometheus',
    ],
    [
      'an address that is none',
      { template: { provider: { type: 'prometheus', address: 'prom:9090' } } },
      'spec.analysis.metrics[0].templateRef: MetricTemplate shop/errors is not valid: spec.provider.address: Found a value that does not fit: want an address that starts with http:// or https://',
    ],
  ];
  for (const [title, given, words] of REFUSED) it(`refused: ${title}`, () => assert.equal(told(given), words));
});
