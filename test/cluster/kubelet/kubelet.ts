import { at, listAt, stringAt, stringsAt } from '#src/lib/json.ts';
import type { KubeObject, ObjectMeta } from '#src/lib/kube-object.ts';
import { nodeAskedFor } from '#src/sandbox/workloads/daemon-pod.ts';
import { hasEnded } from '#src/sandbox/workloads/pod-status.ts';
import { type PodHost, PodRunner } from './pod-runner.ts';

export type KubeletOptions = PodHost & { readonly nodes: readonly KubeObject[] };

/** Scheduler of a cluster, and kubelet of all its nodes; a pod goes to the first node that it fits. */
export class Kubelet {
  readonly #options: KubeletOptions;
  /** By uid. */
  readonly #pods = new Map<string, PodRunner>();
  readonly #binding = new Set<string>();

  constructor(options: KubeletOptions) {
    this.#options = options;
  }

  /** A pod has come or changed. */
  podShown(pod: KubeObject): void {
    const { uid = '', deletionTimestamp } = pod.metadata;
    const assigned = stringAt(pod, 'spec', 'nodeName');
    if (assigned === undefined) this.#schedule(pod);
    if (!this.#options.nodes.some(({ metadata }) => metadata.name === assigned)) return;
    const known = this.#pods.get(uid);
    known?.update(pod);
    if (known !== undefined) return;
    if (hasEnded(pod) && deletionTimestamp === undefined) return;
    const runner = new PodRunner(pod, this.#options);
    this.#pods.set(uid, runner);
    // One that is being deleted already has nothing that runs any more.
    if (deletionTimestamp === undefined) runner.begin();
    else runner.update(pod);
  }

  /** A pod is gone, also when nobody let it drain. */
  podGone({ uid = '' }: ObjectMeta): void {
    const pod = this.#pods.get(uid);
    this.#binding.delete(uid);
    if (pod === undefined) return;
    this.#pods.delete(uid);
    pod.kill().catch((error: unknown) => this.#options.log('A pod cannot be taken away', { pod: pod.name, error }));
  }

  configChanged(kind: 'ConfigMap' | 'Secret', metadata: ObjectMeta): void {
    for (const pod of this.#pods.values()) pod.configChanged(kind, metadata);
  }

  /** Ends all that runs; the API keeps the pods as they are. */
  async stop(): Promise<void> {
    const pods = [...this.#pods.values()];
    this.#pods.clear();
    await Promise.allSettled(pods.map((pod) => pod.kill()));
  }

  #schedule(pod: KubeObject): void {
    const { api, log, nodes } = this.#options;
    const { uid = '', name, deletionTimestamp } = pod.metadata;
    const node = nodes.find((one) => fits(pod, one));
    if (deletionTimestamp !== undefined || this.#binding.has(uid) || node === undefined) return;
    this.#binding.add(uid);
    api.bind(pod, node.metadata.name).catch((error: unknown) => {
      this.#binding.delete(uid);
      log('A pod cannot be bound', { pod: name, error });
    });
  }
}

/**
 * Node selectors, scheduling gates and the node of a DaemonSet's pod are honoured; other affinity, taints and resources
 * are not looked at.
 */
const fits = (pod: KubeObject, node: KubeObject): boolean => {
  if (listAt(pod, 'spec', 'schedulingGates').length > 0) return false;
  const asked = nodeAskedFor(pod);
  if (asked !== undefined && asked !== node.metadata.name) return false;
  const wanted = Object.entries(stringsAt(pod, 'spec', 'nodeSelector'));
  return wanted.every(([key, value]) => at(node.metadata, 'labels', key) === value);
};
