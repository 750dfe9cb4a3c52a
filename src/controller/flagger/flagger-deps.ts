import type { Watcher } from '../../flagger/watchers.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../lib/clock.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { EventNote } from '../../rollout/decision.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Caches } from '../caches.ts';
import type { ClusterWriter } from '../cluster-writer.ts';
import type { ConfigStates } from '../config-states.ts';

/** What the reconcile of a flagger.app Canary needs. */
export type FlaggerDeps = {
  readonly client: KubeClient;
  readonly writer: ClusterWriter;
  readonly caches: Caches;
  readonly configStates: ConfigStates;
  readonly clock: Clock;
  readonly log: Log;
  /** The flagger.app Canary of a key; undefined when there is none. */
  readonly original: (key: string) => KubeObject | undefined;
  /** False while what is there cannot be read, and must not be taken for gone. */
  readonly seesOriginals: () => boolean;
  readonly watchers: () => readonly Watcher[];
  /** The data plane of Canaries that name none. */
  readonly meshProvider: string | undefined;
  readonly tell: (canary: KubeObject, event: EventNote) => void;
};
