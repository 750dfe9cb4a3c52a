import { CANARY_LABEL } from '../../api/names.ts';
import type { KubeClient } from '../../kube/client.ts';
import { RESOURCES } from '../../kube/resources.ts';
import { type RecordedRun, recordIn } from './history-view.ts';

/** The records of a Canary's finished runs, in no order. At most 20 are kept, so that one page holds them. */
export const readRuns = async (
  client: KubeClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<readonly RecordedRun[]> => {
  const { items } = await client.list(RESOURCES.canaryRun, { namespace, labelSelector: `${CANARY_LABEL}=${name}` });
  return items.flatMap((object) => recordIn(object) ?? []);
};
