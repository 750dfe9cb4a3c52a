import { at, isRecord, type JsonRecord, listAt, numberAt, recordAt, stringAt } from '../lib/json.ts';
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

type Trouble = { readonly rank: number; readonly text: string };

/** What a probe asks; not the command that it runs, which may hold what is secret. */
const asksFor = (probe: JsonRecord): string => {
  const get = recordAt(probe, 'httpGet');
  const port = (of: unknown): string => `port ${String(at(of, 'port') ?? '?')}`;
  if ('port' in get) return `GET ${stringAt(get, 'path') ?? '/'} at ${port(get)}`;
  if (isRecord(probe['tcpSocket'])) return `a connection to ${port(probe['tcpSocket'])}`;
  if (isRecord(probe['grpc'])) return `gRPC health at ${port(probe['grpc'])}`;
  return 'a command';
};

/** Which probe of a container that runs has not passed. The kubelet tells why in Events only, which are not read. */
const probeOf = (status: unknown, spec: unknown): string => {
  const isStarted = !isRecord(status) || status['started'] !== false;
  const [name, probe] = isStarted
    ? ['readiness', recordAt(spec, 'readinessProbe')]
    : ['startup', recordAt(spec, 'startupProbe')];
  return Object.keys(probe).length === 0 ? '' : `: its ${name} probe (${asksFor(probe)}) does not pass`;
};

/** What is wrong with one container, or undefined while nothing is. Lower rank is worse. */
const containerTrouble = (
  status: unknown,
  { init, spec }: { readonly init: boolean; readonly spec: unknown },
): Trouble | undefined => {
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
    return { rank: 3, text: `${name}: running, but not ready${probeOf(status, spec)}` };
  }
  return undefined;
};

/** A pod that is over for good, as its node says: it was evicted, or never admitted. */
const endedTrouble = ({ status }: KubeObject): readonly Trouble[] => {
  const reason = stringAt(status, 'phase') === 'Failed' ? stringAt(status, 'reason') : undefined;
  return reason === undefined ? [] : [{ rank: 1, text: joined(reason, stringAt(status, 'message')) }];
};

const isTrue = (pod: KubeObject, type: string): boolean =>
  listAt(pod, 'status', 'conditions').some(
    (condition) => stringAt(condition, 'type') === type && stringAt(condition, 'status') === 'True',
  );

/** Gates of other controllers, such as a load balancer's, that hold a pod back whose containers are ready. */
const gateTroubles = (pod: KubeObject): readonly Trouble[] =>
  !isTrue(pod, 'ContainersReady') || isTrue(pod, 'Ready')
    ? []
    : listAt(pod, 'spec', 'readinessGates')
        .map((gate) => stringAt(gate, 'conditionType') ?? '')
        .filter((type) => !isTrue(pod, type))
        .map((type) => ({ rank: 4, text: `its readiness gate ${type} is not True` }));

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
  const specOf = (list: string, status: unknown): unknown =>
    listAt(pod, 'spec', list).find((container) => at(container, 'name') === at(status, 'name'));
  const found = [
    ...listAt(pod, 'status', 'initContainerStatuses').map((status) =>
      containerTrouble(status, { init: true, spec: specOf('initContainers', status) }),
    ),
    ...listAt(pod, 'status', 'containerStatuses').map((status) =>
      containerTrouble(status, { init: false, spec: specOf('containers', status) }),
    ),
    ...endedTrouble(pod),
    ...gateTroubles(pod),
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
