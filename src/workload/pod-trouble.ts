import { isRecord, listAt, numberAt, recordAt, stringAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';

/** Waiting reasons of a container that is only on its way. */
const STARTING = ['ContainerCreating', 'PodInitializing'];
/** Longest part of a foreign message that is passed on. */
const LONGEST = 300;

const joined = (...parts: readonly (string | undefined)[]): string => {
  const text = parts.filter((part) => part !== undefined && part !== '').join(': ');
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
};

const exit = (terminated: unknown): string | undefined => {
  const code = numberAt(terminated, 'exitCode');
  if (code === undefined) return undefined;
  const reason = stringAt(terminated, 'reason');
  return `exited with ${code}${reason === undefined || reason === 'Error' ? '' : ` (${reason})`}`;
};

/** What is wrong with one container, or undefined while nothing is. Lower rank is worse. */
const containerTrouble = (
  status: unknown,
  { init }: { readonly init: boolean },
): { readonly rank: number; readonly text: string } | undefined => {
  const name = `${init ? 'init container' : 'container'} ${stringAt(status, 'name') ?? '?'}`;
  const waiting = recordAt(status, 'state', 'waiting');
  const reason = stringAt(waiting, 'reason');
  if (reason !== undefined && !STARTING.includes(reason)) {
    const last = exit(recordAt(status, 'lastState', 'terminated'));
    return { rank: 0, text: joined(name, reason, last ?? stringAt(waiting, 'message')) };
  }
  const ended = recordAt(status, 'state', 'terminated');
  const code = numberAt(ended, 'exitCode');
  if (code !== undefined && (code !== 0 || !init)) return { rank: 1, text: joined(name, exit(ended)) };
  if (!init && isRecord(status) && status['ready'] === false && 'running' in recordAt(status, 'state')) {
    return { rank: 3, text: `${name}: running, but not ready` };
  }
  return undefined;
};

export type PodTrouble = {
  /** Orders troubles, the worst first. */
  readonly rank: number;
  /** `container app: ImagePullBackOff: …`. */
  readonly why: string;
  /** The same with the pod's name before it. */
  readonly text: string;
};

/** What keeps a pod from being ready, in words; undefined when nothing is known to. */
export const podTrouble = (pod: KubeObject): PodTrouble | undefined => {
  const found = [
    ...listAt(pod, 'status', 'initContainerStatuses').map((status) => containerTrouble(status, { init: true })),
    ...listAt(pod, 'status', 'containerStatuses').map((status) => containerTrouble(status, { init: false })),
    ...listAt(pod, 'status', 'conditions')
      .filter(
        (condition) => stringAt(condition, 'type') === 'PodScheduled' && stringAt(condition, 'status') === 'False',
      )
      .map((condition) => ({
        rank: 2,
        text: joined(stringAt(condition, 'reason') ?? 'Unschedulable', stringAt(condition, 'message')),
      })),
  ].filter((trouble) => trouble !== undefined);
  const worst = found.sort((a, b) => a.rank - b.rank)[0];
  return worst && { rank: worst.rank, why: worst.text, text: `pod ${pod.metadata.name}: ${worst.text}` };
};
