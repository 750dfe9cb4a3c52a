import assert from 'node:assert/strict';
import { at, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import { type Case, configMap, deployment, expectRefusal, httpRoute, type Json } from './harness.ts';

/** What a server refuses to store, and all that it says of it, as `field: message`. */
type Refusal = { readonly what: string; readonly path: string; readonly body: Json; readonly told: readonly string[] };

const LONG = 'a'.repeat(64);
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const NAME_PART =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const HOSTNAME = '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';

const map = (what: string, fields: Json, ...told: readonly string[]): Refusal => ({
  what,
  path: 'v1 configmaps',
  body: configMap('a', fields),
  told,
});

const service = (what: string, { name = 'a', ...spec }: Json, ...told: readonly string[]): Refusal => ({
  what: `a Service with ${what}`,
  path: 'v1 services',
  body: { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } },
  told,
});

const workload = (what: string, fields: Json, ...told: readonly string[]): Refusal => {
  const { metadata, ...spec } = fields;
  const plain = deployment('a');
  const body = {
    ...plain,
    metadata: { name: 'a', ...recordAt(metadata) },
    spec: { ...recordAt(plain, 'spec'), ...spec },
  };
  return { what: `a Deployment with ${what}`, path: 'apps/v1 deployments', body, told };
};

const container = (what: string, fields: Json, ...told: readonly string[]): Refusal => {
  const containers = [{ name: 'app', image: 'example.com/web:1', ...fields }];
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers } };
  return workload(what, { template }, ...told.map((text) => `spec.template.spec.containers[0].${text}`));
};

const route = (what: string, { name = 'a', ...spec }: Json, ...told: readonly string[]): Refusal => ({
  what: `an HTTPRoute with ${what}`,
  path: 'gateway.networking.k8s.io/v1 httproutes',
  body: httpRoute(String(name), spec),
  told,
});

const backend = { service: { name: 'a', port: { number: 80 } } };
const ingress = (what: string, fields: Json, ...told: readonly string[]): Refusal => {
  const { host, ...path } = fields;
  const rule = { host, http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...path }] } };
  const body = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'a' },
    spec: { rules: [rule] },
  };
  return { what: `an Ingress with ${what}`, path: 'networking.k8s.io/v1 ingresses', body, told };
};

const invalid = (field: string, value: unknown, why: string): string =>
  `${field}: Invalid value: ${JSON.stringify(value)}: ${why}`;

const REFUSALS: readonly Refusal[] = [
  map(
    'a key that is none',
    { data: { 'a/b': 'x' } },
    invalid(
      'data[a/b]',
      'a/b',
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ),
  ),
  map(
    'a key in data and in binaryData',
    { data: { a: 'x' }, binaryData: { a: 'eA==' } },
    invalid('data[a]', 'a', 'duplicate of key present in binaryData'),
  ),
  map(
    'a label that is too long',
    { metadata: { labels: { a: LONG } } },
    invalid('metadata.labels', LONG, 'must be no more than 63 bytes'),
  ),
  map('a label with a blank', { metadata: { labels: { a: 'b c' } } }, invalid('metadata.labels', 'b c', LABEL_VALUE)),
  map(
    'the key of a label with a blank',
    { metadata: { labels: { 'a b': 'x' } } },
    invalid('metadata.labels', 'a b', NAME_PART),
  ),
  map(
    'the key of a label that is too long',
    { metadata: { labels: { [LONG]: 'x' } } },
    invalid('metadata.labels', LONG, 'name part must be no more than 63 bytes'),
  ),
  map(
    'the key of a label below no domain',
    { metadata: { labels: { 'A_/b': 'x' } } },
    invalid('metadata.labels', 'A_/b', `prefix part ${SUBDOMAIN}`),
  ),
  map(
    'the key of an annotation with a blank',
    { metadata: { annotations: { 'a b': 'x' } } },
    invalid('metadata.annotations', 'a b', NAME_PART),
  ),
  map(
    'annotations that are too large',
    { metadata: { annotations: { a: 'x'.repeat(262_145) } } },
    'metadata.annotations: Too long: may not be more than 262144 bytes',
  ),
  map(
    'an owner without a uid',
    { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x' }] } },
    invalid('metadata.ownerReferences.uid', '', 'must not be empty'),
  ),
  service(
    'a name that is too long',
    { name: LONG },
    invalid('metadata.name', LONG, 'must be no more than 63 characters'),
  ),
  service('a name with dots', { name: 'a.b' }, invalid('metadata.name', 'a.b', 'must not contain dots')),
  service('a name with capitals', { name: 'A' }, invalid('metadata.name', 'A', LABEL)),
  service('no port', { ports: [] }, 'spec.ports: Required value'),
  service(
    'ports of one name',
    {
      ports: [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    },
    'spec.ports[1].name: Duplicate value: "a"',
  ),
  service(
    'several ports without names',
    { ports: [{ port: 80 }, { port: 81 }] },
    'spec.ports[0].name: Required value',
    'spec.ports[1].name: Required value',
  ),
  service(
    'a target port whose name is too long',
    { ports: [{ port: 80, targetPort: 'a'.repeat(16) }] },
    invalid('spec.ports[0].targetPort', 'a'.repeat(16), 'must be no more than 15 characters'),
  ),
  service(
    'a target port that is none',
    { ports: [{ port: 80, targetPort: 70_000 }] },
    invalid('spec.ports[0].targetPort', 70_000, 'must be between 1 and 65535, inclusive'),
  ),
  service(
    'a selector that no pod can match',
    { selector: { app: LONG } },
    invalid('spec.selector', LONG, 'must be no more than 63 bytes'),
  ),
  workload('a name with capitals', { metadata: { name: 'A_b' } }, invalid('metadata.name', 'A_b', SUBDOMAIN)),
  workload(
    'a name that is too long',
    { metadata: { name: 'a'.repeat(254) } },
    invalid('metadata.name', 'a'.repeat(254), 'must be no more than 253 characters'),
  ),
  workload(
    'less than no replicas',
    { replicas: -1 },
    invalid('spec.replicas', -1, 'must be greater than or equal to 0'),
  ),
  workload(
    'no selector',
    { selector: undefined },
    'spec.selector: Required value',
    invalid('spec.template.metadata.labels', { app: 'a' }, '`selector` does not match template `labels`'),
  ),
  workload(
    'a selector that says nothing',
    { selector: {} },
    invalid('spec.selector', {}, 'empty selector is invalid for deployment'),
  ),
  workload(
    'a deadline that is over at once',
    { progressDeadlineSeconds: 5, minReadySeconds: 10 },
    invalid('spec.progressDeadlineSeconds', 5, 'must be greater than minReadySeconds'),
  ),
  workload(
    'a rolling update that cannot move',
    { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
    invalid('spec.strategy.rollingUpdate.maxUnavailable', 0, 'may not be 0 when `maxSurge` is 0'),
  ),
  container('a name with capitals', { name: 'App' }, invalid('name', 'App', LABEL)),
  container('no image', { image: '' }, 'image: Required value'),
  container('port 0', { ports: [{ containerPort: 0 }] }, 'ports[0].containerPort: Required value'),
  container(
    'a port whose name is none',
    { ports: [{ name: 'Http_', containerPort: 80 }] },
    invalid('ports[0].name', 'Http_', 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)'),
  ),
  container('a variable without a name', { env: [{ name: '', value: 'x' }] }, 'env[0].name: Required value'),
  container(
    'a mount of no volume',
    { volumeMounts: [{ name: 'none', mountPath: '/x' }] },
    'volumeMounts[0].name: Not found: "none"',
  ),
  route('a name with capitals', { name: 'A' }, invalid('metadata.name', 'A', SUBDOMAIN)),
  route(
    'a weight below 0',
    { rules: [{ backendRefs: [{ name: 'x', port: 80, weight: -1 }] }] },
    invalid(
      'spec.rules[0].backendRefs[0].weight',
      -1,
      'spec.rules[0].backendRefs[0].weight in body should be greater than or equal to 0',
    ),
  ),
  route(
    'a weight above a million',
    { rules: [{ backendRefs: [{ name: 'x', port: 80, weight: 1_000_001 }] }] },
    invalid(
      'spec.rules[0].backendRefs[0].weight',
      1_000_001,
      'spec.rules[0].backendRefs[0].weight in body should be less than or equal to 1000000',
    ),
  ),
  route(
    'a Service without a port',
    { rules: [{ backendRefs: [{ name: 'x' }] }] },
    'spec.rules[0].backendRefs[0]: Invalid value: Must have port for Service reference',
  ),
  route(
    'a backend without a name',
    { rules: [{ backendRefs: [{ port: 80 }] }] },
    'spec.rules[0].backendRefs[0].name: Required value',
  ),
  route(
    'too many backends',
    { rules: [{ backendRefs: Array.from({ length: 17 }, (_, index) => ({ name: `b${index}`, port: 80 })) }] },
    'spec.rules[0].backendRefs: Too many: 17: must have at most 16 items',
  ),
  route(
    'a host that is none',
    { hostnames: ['*'] },
    invalid('spec.hostnames[0]', '*', `spec.hostnames[0] in body should match '${HOSTNAME}'`),
  ),
  route(
    'a path that is relative',
    { rules: [{ matches: [{ path: { type: 'Exact', value: 'x' } }] }] },
    "spec.rules[0].matches[0].path: Invalid value: value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']",
  ),
  ingress(
    'no path type',
    { pathType: undefined },
    'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
  ),
  ingress(
    'a path that is relative',
    { path: 'x' },
    invalid('spec.rules[0].http.paths[0].path', 'x', 'must be an absolute path'),
  ),
  ingress(
    'a backend without a port',
    { backend: { service: { name: 'a' } } },
    'spec.rules[0].http.paths[0].backend: Required value: port name or number is required',
  ),
  ingress('a host that is none', { host: 'A b' }, invalid('spec.rules[0].host', 'A b', SUBDOMAIN)),
  ingress(
    'a backend whose name is none',
    { backend: { service: { name: 'A_', port: { number: 80 } } } },
    invalid('spec.rules[0].http.paths[0].backend.service.name', 'A_', LABEL),
  ),
];

/** Said beside what is wrong with a custom resource: not every rule was asked. */
const isAside = (cause: unknown): boolean => at(cause, 'field') === '<nil>';

/** What people get to read when a manifest, or something that Serin makes of it, cannot be stored. */
export const refusalCases: readonly Case[] = REFUSALS.map(({ what, path, body, told }) => ({
  name: `${what} is refused, and how`,
  run: async (api) => {
    const refused = await api.post(path, body);
    const message = expectRefusal(refused, 422, 'Invalid');
    const causes = listAt(refused.body, 'details', 'causes').filter((cause) => !isAside(cause));
    assert.deepEqual(
      causes.map((cause) => `${stringAt(cause, 'field')}: ${stringAt(cause, 'message')}`),
      told,
    );
    for (const text of told) assert.ok(message.includes(text), message);
  },
}));
