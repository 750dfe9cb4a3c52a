import { makerOf } from '../../api/field-owner.ts';
import { CANARY_UID_LABEL } from '../../api/names.ts';
import { isMadeFor } from '../../api/ownership.ts';
import type { Problem } from '../../api/problem.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { keyOf } from '../../lib/kube-object.ts';
import type { Objects, RouteRef } from '../router.ts';
import { foreignRules } from './destination-rules.ts';
import { MESH, missingGateways } from './gateways.ts';
import { virtualServiceRef } from './objects.ts';
import { gatewaysOf, isTcp, ownVirtualService, requestFields } from './own-virtual-service.ts';
import { rivals } from './rivals.ts';

const problem = (where: string, message: string): Problem => ({ where, message, reason: 'InvalidSpec' });

const madeElsewhere = (object: KubeObject, otherwise: string): string => {
  const other = object.metadata.labels?.[CANARY_UID_LABEL];
  return other === undefined
    ? `it exists and was made by ${makerOf(object)}; want ${otherwise}`
    : `it was made for another Canary (uid ${other}); want it deleted if that Canary is gone, or another spec.service.name`;
};

/** DestinationRules that have the names that Serin needs. */
export const takenRules = (objects: Objects, ref: RouteRef): readonly Problem[] => {
  const instead =
    ref.routeRef === undefined
      ? 'it deleted, with what it says in spec.service.trafficPolicy'
      : `it deleted, as Serin makes one like that of host ${ref.service}`;
  return foreignRules(objects, ref).map((rule) =>
    problem(`DestinationRule ${keyOf(rule.metadata)}`, madeElsewhere(rule, instead)),
  );
};

const HTTP_OPTIONS = ['corsPolicy', 'headers', 'retries', 'rewrite', 'timeout'] as const;

/** What a TCP route, or a delegate, cannot say. */
const optionProblems = (ref: RouteRef): readonly Problem[] => {
  const { options, hosts } = ref;
  const found: Problem[] = [];
  if (isTcp(options)) {
    if (options.delegation) {
      const message =
        'Istio delegates HTTP requests only, and appProtocol is tcp; want it left out, or another appProtocol';
      found.push(problem('spec.service.delegation', message));
    }
    for (const field of HTTP_OPTIONS.filter((option) => options[option] !== undefined)) {
      const message = 'it is for HTTP requests, and appProtocol is tcp; want it left out, or another appProtocol';
      found.push(problem(`spec.service.${field}`, message));
    }
    for (const field of new Set(requestFields(options))) {
      const message = `${field} is for HTTP requests, and appProtocol is tcp; want port, gateways, sourceLabels, sourceNamespace or destinationSubnets`;
      found.push(problem('spec.service.match', message));
    }
  }
  if (hosts.includes('*') && gatewaysOf(ref).includes(MESH)) {
    const message = `Istio takes host * on Gateways only, not in the ${MESH}; want hosts by name, or gateways without ${MESH}`;
    found.push(problem('spec.service.hosts', message));
  }
  if (options.delegation && (hosts.length > 0 || (options.gateways ?? []).length > 0)) {
    const message =
      'a delegate has the hosts and gateways of the VirtualService that delegates to it; want neither here';
    found.push(problem('spec.service.delegation', message));
  }
  return found;
};

/** Why Serin can't make the route, or why it would not get the requests; empty when nothing is in the way. */
export const ownProblems = (objects: Objects, ref: RouteRef): readonly Problem[] => {
  const found = objects.get(virtualServiceRef(ref));
  if (found !== undefined && !isMadeFor(found, ref.canaryUid)) {
    const otherwise = 'spec.routeRef to name it, so that Serin adopts it, or another name';
    return [problem(`VirtualService ${keyOf(found.metadata)}`, madeElsewhere(found, otherwise))];
  }
  const ours = ownVirtualService(ref, { percent: 0, stamp: undefined });
  return [
    ...optionProblems(ref),
    ...takenRules(objects, ref),
    ...missingGateways(objects, ref),
    ...rivals(ours, objects, ref),
  ];
};
