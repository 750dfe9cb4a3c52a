import { at, listAt, numberAt, recordAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { KindRules } from './admission.ts';
import { limitProblems, oneOfProblems, requiredProblems } from './schema-problems.ts';
import { denied, type FieldProblem } from './status.ts';

const OPERATORS = ['exact', 'prefix', 'regex'];
const ACTIONS = ['route', 'redirect', 'directResponse', 'delegate'];

const destinationProblems = (entry: unknown, field: string): readonly FieldProblem[] => {
  if (at(entry, 'destination') === undefined) return requiredProblems(entry, { field, names: ['destination'] });
  return [
    ...requiredProblems(at(entry, 'destination'), { field: `${field}.destination`, names: ['host'] }),
    ...limitProblems(at(entry, 'weight'), { field: `${field}.weight` }),
  ];
};

const matchProblems = (match: unknown, field: string): readonly FieldProblem[] => [
  ...['uri', 'scheme', 'method', 'authority'].flatMap((name) =>
    oneOfProblems(at(match, name), { field: `${field}.${name}`, names: OPERATORS }),
  ),
  ...['headers', 'withoutHeaders', 'queryParams'].flatMap((map) =>
    Object.entries(recordAt(match, map)).flatMap(([name, value]) =>
      oneOfProblems(value, { field: `${field}.${map}.${name}`, names: OPERATORS }),
    ),
  ),
];

const routeProblems = (service: KubeObject): readonly FieldProblem[] =>
  listAt(service, 'spec', 'http').flatMap((route, index) => {
    const field = `spec.http[${index}]`;
    return [
      ...listAt(route, 'match').flatMap((match, place) => matchProblems(match, `${field}.match[${place}]`)),
      ...listAt(route, 'route').flatMap((entry, place) => destinationProblems(entry, `${field}.route[${place}]`)),
    ];
  });

const routeFaults = (route: unknown): readonly string[] => {
  const destinations = listAt(route, 'route');
  const weights = destinations.map((entry) => numberAt(entry, 'weight') ?? 0);
  const isEmpty = !ACTIONS.some((action) => at(route, action) !== undefined);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return [
    ...(isEmpty ? ['HTTP route, redirect or direct_response is required'] : []),
    ...weights.filter((weight) => weight < 0).map((weight) => `weight ${weight} < 0`),
    ...(destinations.length > 1 && total === 0 ? ['total destination weight = 0'] : []),
  ];
};

const serviceFaults = (service: KubeObject): readonly string[] => {
  const spec = recordAt(service, 'spec');
  const [hosts, gateways] = [listAt(spec, 'hosts'), listAt(spec, 'gateways')];
  const isBoundToMesh = gateways.length === 0 || gateways.includes('mesh');
  const hasRoutes = ['http', 'tcp', 'tls'].some((field) => listAt(spec, field).length > 0);
  return [
    ...(hosts.length === 0 && gateways.length > 0 ? ['delegate virtual service must have no gateways specified'] : []),
    ...(hosts.includes('*') && isBoundToMesh
      ? ['wildcard host * is not allowed for virtual services bound to the mesh gateway']
      : []),
    ...(hasRoutes ? [] : ['http, tcp or tls must be provided in virtual service']),
    ...listAt(spec, 'http').flatMap(routeFaults),
  ];
};

/** What istiod's webhook refuses, with its own code: it gives none. */
const check = (faults: readonly string[]): void => {
  if (faults.length === 0) return;
  const errors =
    faults.length === 1
      ? faults[0]
      : `${faults.length} errors occurred:\n${faults.map((fault) => `\t* ${fault}\n`).join('')}`;
  throw denied('rev.validation.istio.io', { code: 400, message: `configuration is invalid: ${errors}` });
};

/** Required fields and choices of Istio's CRDs, and the rules of istiod's webhook that matter for routes over HTTP. */
export const ISTIO_RULES: Readonly<Record<string, KindRules>> = {
  'VirtualService.networking.istio.io': {
    admit: (service) => {
      const problems = routeProblems(service);
      if (problems.length > 0) return { problems };
      check(serviceFaults(service));
      return { object: service };
    },
  },
  'DestinationRule.networking.istio.io': {
    admit: (rule) => {
      const problems = [
        ...requiredProblems(at(rule, 'spec'), { field: 'spec', names: ['host'] }),
        ...listAt(rule, 'spec', 'subsets').flatMap((subset, index) =>
          requiredProblems(subset, { field: `spec.subsets[${index}]`, names: ['name'] }),
        ),
      ];
      return problems.length > 0 ? { problems } : { object: rule };
    },
  },
  'Gateway.networking.istio.io': {
    admit: (gateway) => {
      const problems = listAt(gateway, 'spec', 'servers').flatMap((server, index) =>
        requiredProblems(server, { field: `spec.servers[${index}]`, names: ['port', 'hosts'] }),
      );
      if (problems.length > 0) return { problems };
      check(listAt(gateway, 'spec', 'servers').length === 0 ? ['gateway must have at least one server'] : []);
      return { object: gateway };
    },
  },
};
