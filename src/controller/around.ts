import type { Around } from '../workload/kinds/target-kind.ts';
import type { View } from './view.ts';

/** What is read beside the objects of a Canary, through a view that remembers it. */
export const aroundIn = (view: View, namespace: string): Around => ({
  ownedBy: (kind, uid) => view.ownedBy(kind, uid),
  pod: (name) => view.get({ apiVersion: 'v1', kind: 'Pod', namespace, name }),
  slices: (name) => view.endpointSlices({ namespace, name }),
});
