import { listAt, numberAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { KindRules } from '#src/sandbox/api/admission.ts';
import { denied } from '#src/sandbox/api/status.ts';

/** A weight that admission refuses. */
export const REFUSED = 30;

/** The weights of a VirtualService of Istio, or of a VirtualRouter. */
export const weightsOf = (object: KubeObject): readonly (number | undefined)[] => [
  ...listAt(object, 'spec', 'http').flatMap((route) =>
    listAt(route, 'route').map((entry) => numberAt(entry, 'weight')),
  ),
  ...listAt(object, 'spec', 'routes').flatMap((route) => [
    ...listAt(route, 'httpRoute', 'action', 'weightedTargets').map((target) => numberAt(target, 'weight')),
    ...listAt(route, 'routeAction', 'multi', 'destinations').map((to) => numberAt(to, 'weight')),
  ]),
];

/** Refuses the weight in one namespace, with the code that the plane's own webhook refuses by. */
export const refusing = (namespace: string, code: 400 | 403): KindRules => ({
  admit: (object) => {
    if (object.metadata.namespace !== namespace || !weightsOf(object).includes(REFUSED)) return { object };
    throw denied('m', { code, message: `${object.kind} with weight ${REFUSED}: want a multiple of 20` });
  },
});

const POLICY = 'no-such-weight';

/** The same of RouteTables by a policy, in namespaces with its label. */
export const REFUSING_POLICY = [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: POLICY },
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { policy: POLICY } },
        resourceRules: [
          {
            apiGroups: ['gateway.solo.io'],
            apiVersions: ['v1'],
            resources: ['routetables'],
            operations: ['CREATE', 'UPDATE'],
          },
        ],
      },
      validations: [
        {
          expression: `object.spec.routes.all(route, !has(route.routeAction.multi) ||
            route.routeAction.multi.destinations.all(to, !has(to.weight) || int(to.weight) != ${REFUSED}))`,
          message: `a RouteTable with weight ${REFUSED}: want a multiple of 20`,
        },
      ],
    },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: POLICY },
    spec: { policyName: POLICY, validationActions: ['Deny'] },
  },
];
export const POLICY_LABELS = { policy: POLICY };
