import type { Problem } from '../api/problem.ts';
import { isRecord, listAt, recordAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { keyOf } from '../lib/kube-object.ts';
import { matchesSelector } from './label-selector.ts';

type Labels = Readonly<Record<string, string>>;

/** Pod selectors of a policy: the pods that it is about, and the peers in its own namespace that it lets through. */
const podSelectors = (policy: KubeObject): readonly { readonly field: string; readonly selector: unknown }[] => {
  const spec = recordAt(policy, 'spec');
  const peers = [
    ...listAt(spec, 'ingress').flatMap((rule, index) =>
      listAt(rule, 'from').map((peer) => ({ field: `spec.ingress[${index}].from`, peer })),
    ),
    ...listAt(spec, 'egress').flatMap((rule, index) =>
      listAt(rule, 'to').map((peer) => ({ field: `spec.egress[${index}].to`, peer })),
    ),
  ];
  return [
    { field: 'spec.podSelector', selector: spec['podSelector'] },
    ...peers.flatMap(({ field, peer }) =>
      isRecord(peer) && isRecord(peer['podSelector']) && !('namespaceSelector' in peer)
        ? [{ field, selector: peer['podSelector'] }]
        : [],
    ),
  ];
};

/**
 * NetworkPolicies of the namespace that would treat the primary's pods other than the target's: what is allowed to the
 * one would not be to the other.
 */
export const networkPolicyProblems = (
  policies: readonly KubeObject[],
  labels: { readonly target: Labels; readonly primary: Labels },
): readonly Problem[] =>
  policies.flatMap((policy) =>
    podSelectors(policy)
      .filter(({ selector }) => matchesSelector(selector, labels.target) !== matchesSelector(selector, labels.primary))
      .map(
        ({ field }): Problem => ({
          where: `NetworkPolicy ${keyOf(policy.metadata)} ${field}`,
          message:
            'the selector tells the pods of the primary from those of the target; want one that matches both or neither',
          reason: 'InvalidSpec',
        }),
      ),
  );
