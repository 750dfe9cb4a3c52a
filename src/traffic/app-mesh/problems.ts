import type { Problem } from '../../api/problem.ts';
import { stringAt } from '../../lib/json.ts';
import { keyOf } from '../../lib/kube-object.ts';
import type { Objects, RouteRef } from '../router.ts';
import { matchesOf, matchProblems } from '../service-match.ts';
import { type Listener, type Protocol, portProblem, protocolNamed } from './listener.ts';
import { meshRef, routerRef } from './names.ts';
import { retryProblems } from './retry-policy.ts';
import { misfits } from './route-limits.ts';
import { FORMS, isGrpcPath, MOST_CONDITIONS, routeMatch } from './route-match.ts';
import { MOST_ROUTES } from './routes.ts';

const problem = (where: string, message: string): Problem => ({ where, message, reason: 'InvalidSpec' });

/** App Mesh chooses the mesh by its namespaceSelector: the name can only be checked. */
const meshProblems = ({ get, sees = () => true }: Objects, ref: RouteRef): readonly Problem[] => {
  const { meshName } = ref.options;
  if (meshName === undefined) return [];
  const where = 'spec.service.meshName';
  const mesh = meshRef(meshName);
  if (get(mesh) === undefined && sees(mesh)) {
    const wanted = `want one whose namespaceSelector selects namespace ${ref.namespace}`;
    return [problem(where, `Mesh ${meshName} does not exist; ${wanted}`)];
  }
  const chosen = stringAt(get(routerRef(ref)), 'spec', 'meshRef', 'name');
  if (chosen === undefined || chosen === meshName) return [];
  const found = `App Mesh has put VirtualRouter ${keyOf(routerRef(ref))} into mesh ${chosen}, not ${meshName}, for good`;
  return [problem(where, `${found}; want meshName: ${chosen}, or a namespace that Mesh ${meshName} selects`)];
};

const portProblems = (objects: Objects, ref: RouteRef): readonly Problem[] => {
  const { appProtocol } = ref.options;
  const wrongPort = portProblem(objects, ref);
  return [
    ...(appProtocol === undefined || protocolNamed(appProtocol) !== undefined
      ? []
      : [problem('spec.service.appProtocol', `App Mesh does not speak ${appProtocol}; want http, http2, grpc or tcp`)]),
    ...(wrongPort === undefined ? [] : [problem('spec.service.targetPort', wrongPort)]),
  ];
};

/** What of `spec.service.match` does not fit into routes. */
const routeProblems = ({ options }: RouteRef, protocol: Exclude<Protocol, 'tcp'>): readonly Problem[] => {
  const matches = matchesOf(options);
  const unfit = matches.flatMap((match, index): readonly Problem[] => {
    const { uri, headers, query } = match;
    const where = `spec.service.match[${index}]`;
    if (Math.max(headers.length, query.length) > MOST_CONDITIONS) {
      const most = `${MOST_CONDITIONS} headers and ${MOST_CONDITIONS} query parameters`;
      return [problem(where, `App Mesh matches by ${most} at most; want fewer`)];
    }
    if (protocol === 'grpc' && uri !== undefined && !isGrpcPath(uri)) {
      const wanted = 'want prefix: /package.Service/ or exact: /package.Service/Method';
      return [problem(`${where}.uri`, `it is no gRPC service or method; ${wanted}`)];
    }
    return misfits(routeMatch(match, { pin: [], protocol })).map((words) => problem(where, words));
  });
  const message = `App Mesh takes ${MOST_ROUTES} routes, not ${matches.length}; want fewer entries`;
  return [
    ...matchProblems(options, FORMS[protocol]),
    ...unfit,
    ...(matches.length > MOST_ROUTES ? [problem('spec.service.match', message)] : []),
    ...retryProblems(options, protocol),
  ];
};

/** A connection has none of what shapes requests. */
const tcpProblems = ({ options: { match = [], timeout, retries } }: RouteRef): readonly Problem[] => {
  const given = { match: match.length > 0, timeout: timeout !== undefined, retries: retries !== undefined };
  return Object.entries(given).flatMap(([field, isGiven]) =>
    isGiven ? [problem(`spec.service.${field}`, 'App Mesh has it for requests, not for tcp; want it removed')] : [],
  );
};

/** What of the Canary, or around it, App Mesh cannot work with. */
export const meshAndRouteProblems = (
  objects: Objects,
  { ref, listener }: { readonly ref: RouteRef; readonly listener: Listener },
): readonly Problem[] => [
  ...meshProblems(objects, ref),
  ...portProblems(objects, ref),
  ...(listener.protocol === 'tcp' ? tcpProblems(ref) : routeProblems(ref, listener.protocol)),
];
