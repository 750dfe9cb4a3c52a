import type { Side } from '../api/names.ts';
import { CANARY_UID_LABEL, ROLE_LABEL } from '../api/names.ts';
import { isAdoptedBy, isMadeFor } from '../api/ownership.ts';
import type { Problem } from '../api/problem.ts';
import type { JsonRecord } from '../lib/json.ts';
import { at, listAt, numberAt, stringAt, stringsAt } from '../lib/json.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import { keyOf } from '../lib/kube-object.ts';
import type { Claimant } from './claims.ts';
import { claimProblems } from './claims.ts';
import { isFlaggersPrimary } from './found-primary.ts';
import { kindOf } from './kinds/kind-of.ts';
import { problemOf } from './kinds/target-problems.ts';
import { hasLabels } from './label-selector.ts';
import { LONGEST_CANARY_NAME, namesOf } from './names.ts';
import { networkPolicyProblems } from './network-policies.ts';
import { podLabels } from './pod-template.ts';

const SIDES: readonly Side[] = ['primary', 'canary'];

type Labels = Readonly<Record<string, string>>;

const nameOf = (object: KubeObject): string => `${object.kind} ${keyOf(object.metadata)}`;

/** The number of a target port that may be a container port's name. */
const portNumber = (port: unknown, template: JsonRecord): unknown => {
  if (typeof port !== 'string') return port;
  const ports = listAt(template, 'spec', 'containers').flatMap((container) => listAt(container, 'ports'));
  return numberAt(
    ports.find((entry) => stringAt(entry, 'name') === port),
    'containerPort',
  );
};

const apexProblems = (
  apex: KubeObject,
  {
    canary,
    target,
    pods,
  }: { readonly canary: Claimant; readonly target: KubeObject; readonly pods: Labels | undefined },
): readonly Problem[] => {
  const problem = (message: string): readonly Problem[] => [problemOf(apex, message)];
  if (stringAt(apex, 'spec', 'type') === 'ExternalName') {
    return problem('it is of type ExternalName and leads outside the cluster; want a Service that selects pods');
  }
  const { [ROLE_LABEL]: _, ...selector } = stringsAt(apex, 'spec', 'selector');
  if (Object.keys(selector).length === 0) {
    return problem('it has no selector; want one that matches the pods of the target');
  }
  const fault = kindOf(target).misleads(selector, { target, pods });
  const isOurs = isMadeFor(apex, canary.uid) || isAdoptedBy(apex, canary.uid);
  if (fault !== undefined && !(isOurs && fault.onlyAtFirst)) return problem(fault.message);
  const { port, targetPort } = canary.spec.service;
  const same = listAt(apex, 'spec', 'ports').find((entry) => numberAt(entry, 'port') === port);
  const found = at(same, 'targetPort') ?? port;
  const template = kindOf(target).template(target);
  if (same === undefined || targetPort === undefined) return [];
  if (found === targetPort || portNumber(found, template) === portNumber(targetPort, template)) return [];
  return problem(`its port ${port} leads to ${found}, spec.service.targetPort says ${targetPort}; want the same`);
};

/** Why an object of one of Serin's names can't be taken for Serin's own; undefined when it can. */
const inTheWay = (
  object: KubeObject,
  {
    canary,
    others,
    isLeftOver,
  }: {
    readonly canary: Claimant;
    readonly others: readonly Claimant[];
    /** True for what an earlier Flagger left behind for this target. */
    readonly isLeftOver: boolean;
  },
): Problem | undefined => {
  if (isMadeFor(object, canary.uid)) return undefined;
  const problem = (message: string): Problem => ({ where: nameOf(object), message, reason: 'Held' });
  const uid = object.metadata.labels?.[CANARY_UID_LABEL];
  if (uid !== undefined) {
    const other = others.find((candidate) => candidate.uid === uid);
    return other && problem(`it was made for Canary ${keyOf(other)}; want another spec.targetRef or spec.service.name`);
  }
  const owner = object.metadata.ownerReferences?.[0];
  if (owner?.apiVersion.startsWith('flagger.app/')) {
    return problem(
      `it goes when ${owner.apiVersion} ${owner.kind} ${owner.name} goes; want that deleted first with --cascade=orphan`,
    );
  }
  if (owner === undefined && isLeftOver) return undefined;
  const whose = owner === undefined ? 'is not Serin’s' : `belongs to ${owner.kind} ${owner.name}`;
  return problem(`it has a name that Serin needs and ${whose}; want it renamed or deleted`);
};

const selectsAny = (service: KubeObject, pods: readonly Labels[]): boolean => {
  const selector = stringsAt(service, 'spec', 'selector');
  return Object.keys(selector).length > 0 && pods.some((labels) => hasLabels(labels, selector));
};

/**
 * What a person must put right in the cluster before the target can be taken over; empty when nothing is in the way.
 * The spec itself is held against the rule table when it is parsed, and `decide` sees itself that a target is missing.
 */
export const preflight = ({
  canary,
  others,
  get,
  networkPolicies,
}: {
  readonly canary: Claimant;
  /** Canaries of the namespace; this one among them does no harm. */
  readonly others: readonly Claimant[];
  readonly get: (ref: ObjectRef) => KubeObject | undefined;
  /** Of the namespace. */
  readonly networkPolicies: readonly KubeObject[];
}): readonly Problem[] => {
  const claims = claimProblems(canary, others);
  if (claims.length > 0) return claims;
  if (canary.name.length > LONGEST_CANARY_NAME) {
    const message = `it has ${canary.name.length} characters; want at most ${LONGEST_CANARY_NAME}, so that it fits into a label`;
    return [{ where: 'metadata.name', message, reason: 'InvalidSpec' }];
  }
  const { namespace } = canary;
  const names = namesOf(canary.spec);
  const { apiVersion, ...kind } = kindOf(canary.spec.targetRef);
  const workload = (name: string): KubeObject | undefined => get({ apiVersion, kind: kind.kind, namespace, name });
  const service = (name: string): KubeObject | undefined => get({ apiVersion: 'v1', kind: 'Service', namespace, name });

  const target = workload(names.target);
  if (target === undefined) return [];
  const primary = workload(names.workload.primary);
  const before = podLabels(kind.template(target));
  const pods = kind.primaryLabels(target, { existing: primary, shadow: canary.shadow });
  const apex = service(names.apex);

  const foreign = SIDES.flatMap((side) => {
    const [object, sideService] = [workload(names.workload[side]), service(names.service[side])];
    const isFlaggers = side === 'primary' && object !== undefined && isFlaggersPrimary(object, names.workload.primary);
    const isLeftOver = pods !== undefined && sideService !== undefined && selectsAny(sideService, [pods, before]);
    return [
      // Where the sides are Services, they are looked at as such.
      pods && object && inTheWay(object, { canary, others, isLeftOver: isFlaggers }),
      sideService && inTheWay(sideService, { canary, others, isLeftOver }),
    ];
  });
  return [
    ...kind.problems(target, canary),
    ...(apex === undefined ? [] : apexProblems(apex, { canary, target, pods })),
    ...foreign.filter((problem) => problem !== undefined),
    ...(primary === undefined && pods !== undefined
      ? networkPolicyProblems(networkPolicies, { target: before, primary: pods })
      : []),
  ];
};
