import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonSchemaOf, type SchemaNode } from '#src/api/json-schema.ts';
import { KINDS } from '#src/api/kinds.ts';
import { isRecord, listAt, recordAt } from '#src/lib/json.ts';
import { refusedBy } from '../api/rules/both-forms.ts';

/** Texts that some rule or pattern looks at; each field draws from those that its schema takes. */
const TEXTS = [
  ...[
    'a',
    'podinfo',
    '2048.game',
    'request-success-rate',
    'request-duration',
    'A_b',
    'shop.example.com',
    '*.example.com',
  ],
  ...['30s', '500ms', '1m30s', '0s', '25%', '100%', 'apps/v1', 'v1', 'Gateway', 'Service', 'HTTPRoute', 'Ingress'],
  ...['networking.k8s.io/v1', 'gateway.networking.k8s.io/v1', 'gateway.networking.k8s.io', 'extensions/v1beta1', ''],
  ...[
    'istio',
    'nginx',
    'gatewayapi',
    'gatewayapi:v1',
    'gatewayapi:v1beta1',
    'osm',
    'kuma',
    'appmesh',
    'VirtualService',
    '__Host-side',
    'NotificationProvider',
    'AlertProvider',
    'DaemonSet',
    'Deployment',
    'StatefulSet',
  ],
  ...['http://prometheus.test:9090', 'https://a:b@git.test/x', 'ssh://git@git.test/x', 'git@git.test:x/y.git'],
  ...[
    'apps/podinfo',
    '/apps',
    '../apps',
    'a/..',
    'a..b',
    '.git',
    'a\\b',
    'x.lock',
    'release/1',
    '-x',
    '@',
    'a@{1}',
    'a b',
  ],
  ...[
    'up',
    'up{a="{{ name }}"}',
    '{{ nmae }}',
    '{{ args.queue }}',
    '{{args.q}}{',
    '{{{ name }}',
    '^a+$',
    '^[0-9]+$',
    '[',
    '7',
  ],
  ...['prometheus', 'datadog', 'main', '2026-11-21T08:00:00Z'],
];

const fits = (text: string, { pattern, minLength, maxLength }: SchemaNode): boolean =>
  text.length >= (typeof minLength === 'number' ? minLength : 0) &&
  text.length <= (typeof maxLength === 'number' ? maxLength : 1000) &&
  (typeof pattern !== 'string' || new RegExp(pattern).test(text));

/** Values of `schema`: every field now and then, texts and numbers from the few that matter. */
const anyOf = (schema: SchemaNode): fc.Arbitrary<unknown> => {
  const listed = listAt(schema, 'enum');
  if (listed.length > 0) return fc.constantFrom(...listed);
  if (schema['x-kubernetes-int-or-string'] === true) return fc.constantFrom(80, 'http');
  switch (schema['type']) {
    case 'string':
      return fc.constantFrom(...TEXTS.filter((text) => fits(text, schema)));
    case 'boolean':
      return fc.boolean();
    case 'integer': {
      const min = Math.max(Number(schema['minimum'] ?? 0), 0);
      const max = Math.min(Number(schema['maximum'] ?? 100), 1000);
      return fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max }));
    }
    case 'number':
      return fc.constantFrom(-1, 0, 0.99, 1, 99, 99.9, 100, 500);
    case 'array':
      return fc.array(anyOf(recordAt(schema, 'items')), { minLength: Number(schema['minItems'] ?? 0), maxLength: 3 });
    default:
      return objectOf(schema);
  }
};

const objectOf = (schema: SchemaNode): fc.Arbitrary<unknown> => {
  const { additionalProperties: others } = schema;
  if (isRecord(others) && Object.keys(others).length > 0)
    return fc.dictionary(fc.constantFrom('a', 'b'), anyOf(others));
  const required = listAt(schema, 'required');
  const fields = Object.entries(recordAt(schema, 'properties')).map(([name, child]) => {
    const value = isRecord(child) ? anyOf(child) : fc.constant(undefined);
    return [name, required.includes(name) ? value : fc.option(value, { nil: undefined, freq: 2 })] as const;
  });
  return fc.record(Object.fromEntries(fields));
};

// Those about changes alone (CanaryRun's) have nothing to ask of one spec.
for (const kind of KINDS.filter(({ rules }) => rules.some((rule) => rule.transition !== true))) {
  test(`both forms of every rule of ${kind.kind} agree on any spec that has the right shape`, () => {
    const broken = new Set<unknown>();
    let kept = 0;
    const numRuns = process.env['SERIN_DEEP'] === undefined ? 300 : 20_000;
    fc.assert(
      fc.property(anyOf(jsonSchemaOf(kind.spec)), (spec) => {
        fc.pre(kind.spec.safeParse(spec).success);
        kept++;
        for (const rule of refusedBy(kind, spec)) broken.add(rule);
      }),
      { numRuns, seed: 20_261_121, maxSkipsPerRun: 1000 },
    );
    // A generator that breaks few rules shows little.
    const about = kind.rules.filter((rule) => rule.transition !== true);
    assert.ok(
      kept >= numRuns && broken.size >= about.length * 0.9,
      `${broken.size} of ${about.length} rules were broken`,
    );
  });
}
