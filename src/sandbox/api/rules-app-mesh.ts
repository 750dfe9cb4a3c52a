import { at, isRecord, listAt, recordAt, sameJson, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { selects } from '../workloads/label-selector.ts';
import type { KindRules } from './admission.ts';
import { withField } from './kube-json.ts';
import { lengthProblems, limitProblems, requiredProblems } from './schema-problems.ts';
import { denied, type FieldProblem } from './status.ts';

type Members = { readonly meshes: () => readonly KubeObject[]; readonly namespaces: () => readonly KubeObject[] };

const HTTP_ROUTES = ['httpRoute', 'http2Route', 'grpcRoute', 'tcpRoute'];

const no = (kind: string, step: 'm' | 'v', message: string) =>
  denied(`${step}${kind.toLowerCase()}.appmesh.k8s.aws`, { code: 403, message });

/** An empty selector takes every namespace, an absent one none. */
const hasMember = (mesh: KubeObject, labels: Readonly<Record<string, string>>): boolean => {
  const selector = at(mesh, 'spec', 'namespaceSelector');
  return isRecord(selector) && (Object.keys(selector).length === 0 || selects(selector, labels));
};

/** The one Mesh whose namespaceSelector takes the object's namespace. */
const meshOf = (object: KubeObject, { meshes, namespaces }: Members): KubeObject => {
  const { namespace = '' } = object.metadata;
  const labels = namespaces().find(({ metadata }) => metadata.name === namespace)?.metadata.labels ?? {};
  const found = meshes().filter((mesh) => hasMember(mesh, labels));
  const [mesh, ...others] = found;
  if (mesh !== undefined && others.length === 0) return mesh;
  const names = found.map(({ metadata }) => metadata.name).join(',');
  const message =
    mesh === undefined
      ? `failed to find matching mesh for namespace: ${namespace}, expecting 1 but found 0`
      : `found multiple matching meshes for namespace: ${namespace}, expecting 1 but found ${found.length}: ${names}`;
  throw no(object.kind, 'm', message);
};

/** What the webhooks of the App Mesh controller do with an object of its own: a mesh, a name in AWS, and no change of either. */
const inMesh = (
  object: KubeObject,
  { old, members }: { old: KubeObject | undefined; members: Members },
): KubeObject => {
  const spec = recordAt(object, 'spec');
  if (old !== undefined) {
    const changed = ['awsName', 'meshRef'].filter((field) => !sameJson(spec[field], at(old, 'spec', field)));
    if (changed.length === 0) return object;
    const fields = changed.map((field) => `spec.${field}`).join(',');
    throw no(object.kind, 'v', `${object.kind} update may not change these fields: ${fields}`);
  }
  if (spec['meshRef'] !== undefined) {
    throw no(object.kind, 'm', `${object.kind} create may not specify read-only field: spec.meshRef`);
  }
  const { name, uid } = meshOf(object, members).metadata;
  const { namespace } = object.metadata;
  const awsName =
    object.kind === 'VirtualService' ? `${object.metadata.name}.${namespace}` : `${object.metadata.name}_${namespace}`;
  return withField(object, 'spec', { awsName, ...spec, meshRef: { name, uid } });
};

const targetProblems = (route: unknown, field: string): readonly FieldProblem[] =>
  HTTP_ROUTES.flatMap((kind) => {
    if (at(route, kind) === undefined) return [];
    const targets = listAt(route, kind, 'action', 'weightedTargets');
    const place = `${field}.${kind}.action.weightedTargets`;
    const none =
      targets.length === 0 ? [{ field: place, message: 'Invalid value: 0: should have at least 1 items' }] : [];
    return [
      ...none,
      ...lengthProblems(targets, { field: place, most: 10 }),
      ...targets.flatMap((target, index) => [
        ...requiredProblems(target, { field: `${place}[${index}]`, names: ['weight'] }),
        ...limitProblems(at(target, 'weight'), { field: `${place}[${index}].weight`, min: 0, max: 100 }),
      ]),
    ];
  });

const routerProblems = (router: KubeObject): readonly FieldProblem[] =>
  listAt(router, 'spec', 'routes').flatMap((route, index) => {
    const field = `spec.routes[${index}]`;
    return [
      ...requiredProblems(route, { field, names: ['name'] }),
      ...limitProblems(at(route, 'priority'), { field: `${field}.priority`, min: 0, max: 1000 }),
      ...targetProblems(route, field),
    ];
  });

const checkRouter = (router: KubeObject): void => {
  const names = listAt(router, 'spec', 'routes').map((route) => stringAt(route, 'name') ?? '');
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw no('VirtualRouter', 'v', `VirtualRouter-${router.metadata.name} has duplicate route entries for ${twice}`);
};

const checkNode = (node: KubeObject): void => {
  if (at(node, 'spec', 'listeners') === undefined || at(node, 'spec', 'serviceDiscovery') !== undefined) return;
  const message = `ServiceDiscovery missing for VirtualNode-${node.metadata.name}. ServiceDiscovery must be specified when a listener is specified.`;
  throw no('VirtualNode', 'v', message);
};

/** Limits of App Mesh's CRDs and what the webhooks of its controller 1.13 do. */
export const appMeshRules = (members: Members): Readonly<Record<string, KindRules>> => {
  const rules = (
    problemsOf: (object: KubeObject) => readonly FieldProblem[],
    check: (object: KubeObject) => void,
  ): KindRules => ({
    admit: (object, { old }) => {
      const problems = problemsOf(object);
      if (problems.length > 0) return { problems };
      const member = inMesh(object, { old, members });
      check(member);
      return { object: member };
    },
  });
  const nothing = (): void => {};
  return {
    'Mesh.appmesh.k8s.aws': {
      admit: (mesh, { old }) => ({
        object: withField(mesh, 'spec', {
          ...(old === undefined ? { awsName: mesh.metadata.name } : {}),
          ...recordAt(mesh, 'spec'),
        }),
      }),
    },
    'VirtualNode.appmesh.k8s.aws': rules(() => [], checkNode),
    'VirtualRouter.appmesh.k8s.aws': rules(routerProblems, checkRouter),
    'VirtualService.appmesh.k8s.aws': rules(() => [], nothing),
  };
};
