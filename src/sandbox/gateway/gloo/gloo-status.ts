import { sameJson } from '../../../lib/json.ts';
import { type KubeObject, refOf } from '../../../lib/kube-object.ts';
import type { ClusterBackend, ClusterEvent } from '../../backend.ts';
import { KeyQueue } from '../../workloads/key-queue.ts';
import { type GatewayKind, ObjectView } from '../object-view.ts';
import { GlooReports } from './gloo-reports.ts';
import { type AskGloo, translate } from './translate.ts';

const KINDS: readonly GatewayKind[] = ['GlooVirtualService', 'RouteTable', 'Upstream'];

export type GlooStatusOptions = {
  readonly backend: ClusterBackend;
  /** From a change of an object to what is said of it. */
  readonly statusMs: number;
  readonly ask: AskGloo;
};

/** Writes what Gloo says of VirtualServices, RouteTables and Upstreams into them; what nobody delegates to is accepted. */
export const createGlooStatus = ({ backend, statusMs, ask }: GlooStatusOptions) => {
  const view = new ObjectView();

  const write = (seen: KubeObject, reports: GlooReports): void => {
    const object = backend.read(refOf(seen));
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
    const status = reports.statusOf(object);
    if (sameJson(object['status'], status)) return;
    backend.write({ ...object, status }, { manager: 'gloo' });
  };

  const sync = (): void => {
    const reported = new Set<KubeObject>();
    for (const service of view.list('GlooVirtualService')) {
      const { routes, reports } = translate(service, { view, ask });
      for (const object of new Set([service, ...routes.map(({ owner }) => owner)])) {
        if (!reported.has(object)) write(object, reports);
        reported.add(object);
      }
    }
    for (const object of [...view.list('RouteTable'), ...view.list('Upstream')]) {
      if (reported.has(object)) continue;
      const reports = new GlooReports();
      const words = ask(object);
      if (words !== undefined) reports.fail(object, words);
      write(object, reports);
    }
  };

  // Everything is made anew at each change, as Gloo does: one key stands for all.
  const queue = new KeyQueue({ clock: backend.clock, delayMs: statusMs, sync });
  return {
    onEvent: (event: ClusterEvent): void => {
      const kind = view.apply(event);
      if (kind !== undefined && KINDS.includes(kind)) queue.add('all');
    },
    stop: (): void => queue.stop(),
  };
};
