import { listAt, recordAt } from '#src/lib/json.ts';
import { apply, kubectl } from '../rig/kubectl.ts';
import type { Rig } from '../rig/rig.ts';
import { SERIN_ACCOUNT } from './deploy.ts';
import { until } from './until.ts';

const RBAC = 'rbac.authorization.k8s.io';
const CONTROLLER = { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name: 'serin-controller' } };
const USER = `system:serviceaccount:${SERIN_ACCOUNT.namespace}:${SERIN_ACCOUNT.name}`;

/** What Serin may patch by namespace, and by what a namespace can lose it. */
const GROUPS = {
  services: '',
  httproutes: 'gateway.networking.k8s.io',
  ingresses: 'networking.k8s.io',
} as const;
export type Patched = keyof typeof GROUPS;
const PATCHED = Object.keys(GROUPS) as readonly Patched[];

const roleName = (resource: Patched): string => `serin-patches-${resource}`;

/**
 * Takes the right to patch these from the ClusterRole of deploy/, so that each namespace grants it for itself: RBAC only
 * adds, and one namespace must be able to lose what the others keep.
 */
export const grantByNamespace = async (rig: Rig): Promise<void> => {
  const shipped: unknown = JSON.parse(
    await kubectl(rig, ['get', 'clusterrole', CONTROLLER.metadata.name, '-o', 'json']),
  );
  const isIn = (rule: unknown, resource: Patched): boolean =>
    listAt(rule, 'resources').includes(resource) && listAt(rule, 'apiGroups').includes(GROUPS[resource]);
  const rules = listAt(shipped, 'rules').map((rule) => {
    const verbs = listAt(rule, 'verbs');
    const isSplit = PATCHED.some((resource) => isIn(rule, resource));
    return { ...recordAt(rule), verbs: isSplit ? verbs.filter((verb) => verb !== 'patch') : verbs };
  });
  const roles = PATCHED.map((resource) => ({
    ...CONTROLLER,
    metadata: { name: roleName(resource) },
    rules: [{ apiGroups: [GROUPS[resource]], resources: [resource], verbs: ['patch'] }],
  }));
  await apply(rig, [{ ...CONTROLLER, rules }, ...roles]);
};

/** What grants Serin in a namespace what `grantByNamespace` has taken from it. */
export const mayPatch = (namespace: string): readonly unknown[] =>
  PATCHED.map((resource) => ({
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: { name: roleName(resource), namespace },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: roleName(resource) },
    subjects: [{ kind: 'ServiceAccount', ...SERIN_ACCOUNT }],
  }));

/** Takes the right away again, and resolves when the API server goes by that. */
export const withdraw = async (
  rig: Rig,
  { namespace, resource }: { readonly namespace: string; readonly resource: Patched },
): Promise<void> => {
  const inNamespace = ['-n', namespace];
  await kubectl(rig, [...inNamespace, 'delete', 'rolebinding', roleName(resource)]);
  const group = GROUPS[resource];
  const named = group === '' ? resource : `${resource}.${group}`;
  const review = [...inNamespace, 'auth', 'can-i', 'patch', named, `--as=${USER}`];
  // It exits with 1 when it says no.
  await until(
    `loss of patch ${named}`,
    () =>
      kubectl(rig, review).then(
        () => false,
        () => true,
      ),
    10_000,
  );
};
