import type { EventNote } from './decision.ts';
import type { Observed } from './observed.ts';

/** A field that Serin holds and somebody else writes. */
export type Fought = {
  readonly kind: string;
  readonly name: string;
  /** JSON pointer, as Argo CD names fields. */
  readonly field: '/spec/replicas' | '/spec/selector' | '/spec/rules' | '/metadata/annotations';
};

/** The setting that ends a fight over a field, as the other side's manager calls it. */
export const remedy = (manager: string, { kind, name, field }: Fought): string => {
  if (/argo/i.test(manager)) return `add ${field} of ${kind} ${name} to ignoreDifferences of its Application`;
  if (field === '/spec/replicas') {
    return /controller-manager|autoscaler|keda/i.test(manager)
      ? `let the autoscaler scale ${name}-primary`
      : 'leave spec.replicas out of the manifest';
  }
  return /^(kustomize|helm)-controller$/.test(manager)
    ? `annotate ${kind} ${name} in Git with kustomize.toolkit.fluxcd.io/ssa: IfNotPresent`
    : `keep ${manager} from writing ${field} of ${kind} ${name}`;
};

/**
 * Who has written what Serin holds in the target and in the apex Service: both go back, and no request has gone to the
 * pods that came of it.
 */
export const drifts = (observed: Observed): readonly EventNote[] => {
  const { target, services, canary } = observed;
  const { targetRef, service } = canary.spec;
  const scaled: readonly EventNote[] =
    target?.scaledBy === undefined || target.replicas === 0
      ? []
      : [
          {
            reason: 'TargetDrift',
            note: `${target.scaledBy} set the replicas of ${targetRef.name} to ${target.replicas}; they go back to 0. To end this, ${remedy(
              target.scaledBy,
              { kind: targetRef.kind, name: targetRef.name, field: '/spec/replicas' },
            )}`,
          },
        ];
  const selector = services.apex;
  if (selector === undefined || selector.current || selector.foreignManager === undefined) return scaled;
  const apex = { kind: 'Service', name: service.name ?? targetRef.name, field: '/spec/selector' } as const;
  const note = `${selector.foreignManager} changed the selector of Service ${apex.name}; it goes back to the primary. To end this, ${remedy(selector.foreignManager, apex)}`;
  return [...scaled, { reason: 'RouteDrift', note }];
};
