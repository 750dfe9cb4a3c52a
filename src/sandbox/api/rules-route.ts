import { at, isRecord, type JsonRecord, listAt, recordAt, stringAt } from '../../lib/json.ts';
import type { KindRules } from './admission.ts';
import { defaulted, eachDefaulted, withDefaults } from './defaults-pod.ts';
import { withField } from './kube-json.ts';
import { invalidValue } from './metadata.ts';
import { dnsLabelProblem, dnsSubdomainProblem } from './names.ts';
import { lengthProblems, limitProblems, requiredProblems } from './schema-problems.ts';
import type { FieldProblem } from './status.ts';

const SERVICE = { group: '', kind: 'Service' };
const GATEWAY = { group: 'gateway.networking.k8s.io', kind: 'Gateway' };
const PATH = { type: 'PathPrefix', value: '/' };
const exact = (match: JsonRecord): JsonRecord => withDefaults(match, { type: 'Exact' });

const filter = (value: JsonRecord): JsonRecord => {
  const redirected = defaulted(value, 'requestRedirect', (redirect) => withDefaults(redirect, { statusCode: 302 }));
  return defaulted(redirected, 'requestMirror', (mirror) =>
    defaulted(recordAt(mirror), 'backendRef', (ref) => withDefaults(ref, SERVICE)),
  );
};

const match = (value: JsonRecord): JsonRecord => {
  const filled = { ...value, path: withDefaults(value['path'], PATH) };
  return eachDefaulted(eachDefaulted(filled, 'headers', exact), 'queryParams', exact);
};

const backendRef = (value: JsonRecord): JsonRecord =>
  eachDefaulted(withDefaults(value, { ...SERVICE, weight: 1 }), 'filters', filter);

const rule = (value: JsonRecord): JsonRecord => {
  const matched = eachDefaulted(withDefaults(value, { matches: [{}] }), 'matches', match);
  return eachDefaulted(eachDefaulted(matched, 'filters', filter), 'backendRefs', backendRef);
};

const defaultHttpRoute = (spec: unknown): JsonRecord => {
  const ruled = eachDefaulted(withDefaults(spec, { rules: [{}] }), 'rules', rule);
  return eachDefaulted(ruled, 'parentRefs', (ref) => withDefaults(ref, GATEWAY));
};

type Limit = readonly [field: string, most: number];
const LIMITS: readonly Limit[] = [
  ['rules', 16],
  ['parentRefs', 32],
  ['hostnames', 16],
];

const backendProblems = (backend: unknown, field: string): readonly FieldProblem[] => {
  const problems = [
    ...limitProblems(at(backend, 'weight'), { field: `${field}.weight`, min: 0, max: 1_000_000 }),
    ...requiredProblems(backend, { field, names: ['name'] }),
  ];
  const isService = at(backend, 'group') === '' && at(backend, 'kind') === 'Service';
  // The rules in CEL are not asked where the shape is wrong.
  if (problems.length === 0 && isService && at(backend, 'port') === undefined) {
    problems.push({ field, message: 'Invalid value: Must have port for Service reference' });
  }
  return problems;
};

const HOSTNAME = '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';

const hostnameProblems = (hostnames: readonly unknown[]): readonly FieldProblem[] =>
  hostnames.flatMap((hostname, index) => {
    if (typeof hostname === 'string' && new RegExp(HOSTNAME).test(hostname)) return [];
    const field = `spec.hostnames[${index}]`;
    return [{ field, message: invalidValue(hostname, `${field} in body should match '${HOSTNAME}'`) }];
  });

const pathProblems = (path: unknown, field: string): readonly FieldProblem[] => {
  const isAbsolute = stringAt(path, 'type') === 'RegularExpression' || (stringAt(path, 'value') ?? '').startsWith('/');
  if (isAbsolute) return [];
  const message = `Invalid value: value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']`;
  return [{ field, message }];
};

const routeProblems = (spec: JsonRecord): readonly FieldProblem[] => {
  const problems = LIMITS.flatMap(([field, most]) =>
    lengthProblems(listAt(spec, field), { field: `spec.${field}`, most }),
  );
  problems.push(...hostnameProblems(listAt(spec, 'hostnames')));
  for (const [index, item] of listAt(spec, 'rules').entries()) {
    const field = `spec.rules[${index}]`;
    const backends = listAt(item, 'backendRefs');
    problems.push(
      ...lengthProblems(listAt(item, 'matches'), { field: `${field}.matches`, most: 64 }),
      ...lengthProblems(backends, { field: `${field}.backendRefs`, most: 16 }),
    );
    for (const [place, found] of listAt(item, 'matches').entries()) {
      problems.push(...pathProblems(at(found, 'path'), `${field}.matches[${place}].path`));
    }
    for (const [place, backend] of backends.entries())
      problems.push(...backendProblems(backend, `${field}.backendRefs[${place}]`));
  }
  return problems;
};

/** Defaults and limits of the CustomResourceDefinition of Gateway API 1.6. */
export const httpRouteRules: KindRules = {
  admit: (object) => {
    const spec = defaultHttpRoute(object['spec']);
    const problems = routeProblems(spec);
    return problems.length > 0 ? { problems } : { object: withField(object, 'spec', spec) };
  },
};

const PATH_TYPES = ['Exact', 'Prefix', 'ImplementationSpecific'];

const ingressPathProblems = (path: unknown, field: string): readonly FieldProblem[] => {
  const problems: FieldProblem[] = [];
  const pathType = stringAt(path, 'pathType');
  if (pathType === undefined) {
    problems.push({
      field: `${field}.pathType`,
      message: 'Required value: pathType must be specified',
      reason: 'FieldValueRequired',
    });
  } else if (!PATH_TYPES.includes(pathType)) {
    const message = `Unsupported value: ${JSON.stringify(pathType)}: supported values: "Exact", "ImplementationSpecific", "Prefix"`;
    problems.push({ field: `${field}.pathType`, message, reason: 'FieldValueNotSupported' });
  }
  const text = stringAt(path, 'path') ?? '';
  if (pathType !== 'ImplementationSpecific' && !text.startsWith('/')) {
    problems.push({ field: `${field}.path`, message: invalidValue(text, 'must be an absolute path') });
  }
  return [...problems, ...ingressBackendProblems(at(path, 'backend'), `${field}.backend`)];
};

const ingressBackendProblems = (backend: unknown, field: string): readonly FieldProblem[] => {
  if (isRecord(at(backend, 'resource'))) return [];
  const port = recordAt(backend, 'service', 'port');
  const name = stringAt(backend, 'service', 'name') ?? '';
  if (name === '') {
    return [{ field: `${field}.service.name`, message: 'Required value', reason: 'FieldValueRequired' }];
  }
  const wrong = dnsLabelProblem(name);
  if (wrong !== undefined) return [{ field: `${field}.service.name`, message: invalidValue(name, wrong) }];
  if (port['name'] !== undefined || port['number'] !== undefined) return [];
  return [
    {
      field,
      message: 'Required value: port name or number is required',
      reason: 'FieldValueRequired',
    },
  ];
};

export const ingressRules: KindRules = {
  admit: (object) => {
    const problems: FieldProblem[] = [];
    const spec = recordAt(object, 'spec');
    const rules = listAt(spec, 'rules');
    if (rules.length === 0 && spec['defaultBackend'] === undefined) {
      problems.push({
        field: 'spec',
        message: invalidValue(null, 'either `defaultBackend` or `rules` must be specified'),
      });
    }
    if (spec['defaultBackend'] !== undefined)
      problems.push(...ingressBackendProblems(spec['defaultBackend'], 'spec.defaultBackend'));
    for (const [index, item] of rules.entries()) {
      const field = `spec.rules[${index}].http.paths`;
      const host = stringAt(item, 'host') ?? '';
      const wrong = host === '' ? undefined : dnsSubdomainProblem(host.replace(/^\*\./, ''));
      if (wrong !== undefined)
        problems.push({ field: `spec.rules[${index}].host`, message: invalidValue(host, wrong) });
      for (const [place, path] of listAt(item, 'http', 'paths').entries())
        problems.push(...ingressPathProblems(path, `${field}[${place}]`));
    }
    return problems.length > 0 ? { problems } : { object };
  },
};
