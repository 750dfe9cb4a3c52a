import { type TargetKindName, targetKindNamed } from '../../api/target-kinds.ts';
import { daemonSet } from './daemon-set.ts';
import { deployment } from './deployment.ts';
import { service } from './service.ts';
import type { TargetKind } from './target-kind.ts';

const KINDS: Readonly<Record<TargetKindName, TargetKind>> = {
  Deployment: deployment,
  DaemonSet: daemonSet,
  Service: service,
};

/** The kind of a target or of a side, by its object or by a `targetRef`. Throws a RangeError for any other. */
export const kindOf = ({ kind }: { readonly kind: string }): TargetKind => KINDS[targetKindNamed(kind)];
