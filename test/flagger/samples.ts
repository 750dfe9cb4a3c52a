import { at, isRecord, type JsonRecord, listAt, recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { flaggerSchema } from './crd.ts';

/** Data planes that Flagger and Serin both run. */
export const PLANES = ['gatewayapi', 'istio', 'nginx', 'appmesh', 'gloo'] as const;
export type SamplePlane = (typeof PLANES)[number];

const ingressRef = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'podinfo' };
const OF_PLANE: Readonly<Record<SamplePlane, { readonly spec: JsonRecord; readonly service: JsonRecord }>> = {
  gatewayapi: { spec: { provider: 'gatewayapi:v1' }, service: { gatewayRefs: [{ name: 'edge' }] } },
  istio: { spec: { provider: 'istio' }, service: { gateways: ['edge'], hosts: ['podinfo.example.com'] } },
  nginx: { spec: { provider: 'nginx', ingressRef }, service: {} },
  appmesh: { spec: { provider: 'appmesh:v1beta2' }, service: { meshName: 'global' } },
  gloo: { spec: { provider: 'gloo' }, service: {} },
};

/** A plain Canary of Flagger's on a data plane, which Serin runs. */
export const plainCanary = (plane: SamplePlane): KubeObject => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: {
    name: 'podinfo',
    namespace: 'shop',
    annotations: plane === 'appmesh' ? { 'serin.dev/acknowledge-end-of-life': 'true' } : {},
  },
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    ...OF_PLANE[plane].spec,
    service: { port: 80, ...OF_PLANE[plane].service },
    analysis: {
      interval: '1m',
      threshold: 5,
      stepWeight: 10,
      metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
    },
  },
});

/** Values that a schema alone cannot tell, by the end of a path; everything else is made from its type. */
const VALUES: readonly (readonly [end: RegExp, value: unknown])[] = [
  [/\.(interval|timeout|backendTimeout|perTryTimeout)$/, '30s'],
  [/\.(url|metricsServer)$/, 'http://elsewhere.example.com'],
  [/\.port$/, 8080],
  [/\.targetPort$/, 9898],
  [/\.(maxWeight|stepWeight)$/, 20],
  [/\.stepWeights$/, [20, 40]],
  [/\.stepWeightPromotion$/, 50],
  [/ReadyThreshold$/, 50],
  [/\.mirrorWeight$/, 40],
  [/\.hosts$/, ['elsewhere.example.com']],
  [/\.thresholdRange\.min$/, 98],
  [/\.thresholdRange\.max$/, 100],
  [/\.metrics\[\]\.name$/, 'answers'],
  [/\.metrics$/, [{ name: 'answers', query: 'sum(up)', thresholdRange: { max: 1 } }]],
  [/\.webhooks\[\]\.type$/, 'event'],
  [/^spec\.targetRef$/, { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'podinfo' }],
  [/^spec\.targetRef\.kind$/, 'DaemonSet'],
  [/^spec\.autoscalerRef$/, { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'podinfo' }],
  [/^spec\.autoscalerRef\.apiVersion$/, 'autoscaling/v2beta2'],
  [
    /^spec\.analysis$/,
    {
      interval: '2m',
      threshold: 1,
      stepWeight: 10,
      metrics: [{ name: 'answers', query: 'sum(up)', thresholdRange: { max: 1 } }],
    },
  ],
  [/\.query$/, 'sum(up)'],
  [/\.(ingressRef|upstreamRef|routeRef)\.apiVersion$/, 'elsewhere/v1'],
  [/\.targetRef\.apiVersion$/, 'apps/v1beta1'],
  [/\.cookieName$/, 'session'],
  [/\.path$/, '/shop'],
  [/\.domain$/, 'example.com'],
  [/\.maxAge$/, 3600],
  [/\.kind$/, undefined],
  [/^spec\.provider$/, 'istio'],
  [/\.headers$/, { 'x-canary': { exact: 'always' } }],
  [/\.queryParams$/, { canary: { exact: 'always' } }],
];

const sampleOf = (schema: JsonRecord, path: string): unknown => {
  const known = path.startsWith('spec.service.headers') ? undefined : VALUES.find(([end]) => end.test(path));
  if (known !== undefined && known[1] !== undefined) return known[1];
  const [first] = listAt(schema, 'enum').filter((word) => word !== '');
  if (first !== undefined) return listAt(schema, 'enum').at(-1);
  switch (at(schema, 'type')) {
    case 'string':
      return 'sample';
    case 'number':
    case 'integer':
      return 7;
    case 'boolean':
      return true;
    case 'array':
      return [sampleOf(recordAt(schema, 'items'), `${path}[]`)];
    default:
      return at(schema, 'additionalProperties') === undefined
        ? withRequired(schema, path)
        : { sample: sampleOf(recordAt(schema, 'additionalProperties'), `${path}.sample`) };
  }
};

/** An object with what its schema asks for; with its first field where it asks for none. */
const withRequired = (schema: JsonRecord, path: string): JsonRecord => {
  const properties = recordAt(schema, 'properties');
  const required = listAt(schema, 'required').filter((name) => typeof name === 'string');
  const [first] = Object.keys(properties);
  const names = required.length > 0 ? required : first === undefined ? [] : [first];
  return Object.fromEntries(names.map((name) => [name, sampleOf(recordAt(properties, name), `${path}.${name}`)]));
};

/** `spec` with a sample at the end of `steps`; what stands on the way is kept or made as its schema asks. */
const placed = (
  value: unknown,
  of: { readonly schema: JsonRecord; readonly path: string; readonly steps: readonly string[] },
): unknown => {
  const { schema, path, steps } = of;
  const [step, ...rest] = steps;
  if (step === undefined) return sampleOf(schema, path);
  if (step === '[]') {
    const [item, ...others] = Array.isArray(value) ? value : [];
    const items = recordAt(schema, 'items');
    return [placed(item ?? sampleOf(items, `${path}[]`), { schema: items, path: `${path}[]`, steps: rest }), ...others];
  }
  const child = recordAt(schema, 'properties', step);
  const holder = isRecord(value) ? value : withRequired(schema, path);
  return { ...holder, [step]: placed(holder[step], { schema: child, path: `${path}.${step}`, steps: rest }) };
};

const stepsOf = (path: string): readonly string[] =>
  path
    .split('.')
    .slice(1)
    .flatMap((step) => (step.endsWith('[]') ? [step.slice(0, -2), '[]'] : [step]));

/** A metric whose query is the team's own. */
const OWN_METRIC = { name: 'answers', query: 'sum(up)', thresholdRange: { max: 1 } };
const TEMPLATED = { name: 'answers', templateRef: { name: 'lag' }, thresholdRange: { max: 1 } };
const HPA = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'podinfo' };
const SCALED_OBJECT = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'podinfo' };

type Change = { readonly spec?: JsonRecord; readonly service?: JsonRecord; readonly analysis?: JsonRecord };

/** What else has to stand there, or not to, for a field to have its meaning; the first that fits. */
const GROUNDS: readonly (readonly [start: string, change: Change])[] = [
  ['spec.autoscalerRef.primaryScalerQueries', { spec: { autoscalerRef: SCALED_OBJECT } }],
  ['spec.autoscalerRef.', { spec: { autoscalerRef: HPA } }],
  ['spec.service.delegation', { service: { hosts: undefined, gateways: undefined } }],
  ['spec.analysis.iterations', { analysis: { stepWeight: undefined, metrics: [OWN_METRIC] } }],
  ['spec.analysis.match', { analysis: { stepWeight: undefined, iterations: 5, metrics: [OWN_METRIC] } }],
  ['spec.analysis.stepWeights', { analysis: { stepWeight: undefined } }],
  ['spec.analysis.mirrorWeight', { analysis: { mirror: true } }],
  ['spec.analysis.metrics[].templateVariables', { analysis: { metrics: [TEMPLATED] } }],
  ['spec.analysis.metrics[].templateRef.', { analysis: { metrics: [TEMPLATED] } }],
  ['spec.analysis.metrics[].templateRef', { analysis: { metrics: [{ name: 'answers', thresholdRange: { max: 1 } }] } }],
  ['spec.analysis.metrics[].thresholdRange', { analysis: { metrics: [OWN_METRIC] } }],
  ['spec.analysis.metrics[].threshold', { analysis: { metrics: [{ name: 'request-success-rate' }] } }],
  ['spec.analysis.metrics[].name', { analysis: { metrics: [{ ...OWN_METRIC, name: 'others' }] } }],
  ['spec.analysis.metrics[].query', { analysis: { metrics: [{ ...OWN_METRIC, query: 'sum(down)' }] } }],
];

const changed = (record: JsonRecord, change: JsonRecord = {}): JsonRecord =>
  Object.fromEntries(Object.entries({ ...record, ...change }).filter(([, value]) => value !== undefined));

/** A Canary without a field, or with another value in it, and the same with a sample of it. */
export const fieldSample = (
  plane: SamplePlane,
  path: string,
): { readonly before: KubeObject; readonly after: KubeObject } => {
  const plain = plainCanary(plane);
  const change = GROUNDS.find(([start]) => path.startsWith(start))?.[1] ?? {};
  const ground = {
    ...changed(recordAt(plain, 'spec'), change.spec),
    service: changed(recordAt(plain, 'spec', 'service'), change.service),
    analysis: changed(recordAt(plain, 'spec', 'analysis'), change.analysis),
  };
  const schema = recordAt(flaggerSchema('canaries'), 'properties', 'spec');
  const spec = placed(ground, { schema, path: 'spec', steps: stepsOf(path) });
  return { before: { ...plain, spec: ground }, after: { ...plain, spec } };
};
