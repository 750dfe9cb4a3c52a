import { runCommand } from './run-command.ts';

/** The way into a pod. */
export type PodInterface = {
  readonly address: string;
  /** A process that holds the pod's own network namespace; undefined for a pod in the kubelet's. */
  readonly holder: number | undefined;
  readonly remove: () => Promise<void>;
};

/** An address on the loopback interface, for pods that this process serves itself. */
export const onLoopback = async (address: string): Promise<PodInterface> => {
  // What a kubelet that was killed has left is taken over.
  await runCommand(['ip', 'addr', 'replace', `${address}/32`, 'dev', 'lo']);
  return { address, holder: undefined, remove: () => removeFromLoopback(address) };
};

export const removeFromLoopback = async (address: string): Promise<void> => {
  await runCommand(['ip', 'addr', 'del', `${address}/32`, 'dev', 'lo']);
};
