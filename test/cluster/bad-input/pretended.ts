import { setTimeout } from 'node:timers/promises';
import { at, listAt, stringAt } from '#src/lib/json.ts';
import { kubectl, read } from '../admin.ts';

const LOOK_MS = 500;

const patchStatus = (kind: string, name: string, of: { readonly namespace: string; readonly status: unknown }) =>
  kubectl([
    'patch',
    kind,
    name,
    '-n',
    of.namespace,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status: of.status }),
  ]);

/** Endpoints are of pods on nodes that exist. */
const NODE = 'serin-bad-input';

const bind = (name: string, namespace: string): Promise<string> => {
  const target = { apiVersion: 'v1', kind: 'Node', name: NODE };
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/binding`;
  return kubectl(['create', '--raw', path, '-f', '-'], { input: JSON.stringify(binding) });
};

const isReady = (pod: unknown): boolean =>
  listAt(pod, 'status', 'conditions').some(
    (condition) => at(condition, 'type') === 'Ready' && at(condition, 'status') === 'True',
  );

/**
 * Says of a namespace without a kubelet and a gateway what they would say: every pod is on a node and ready, and every route accepted
 * by Traefik. Nothing serves. Ends with `signal`.
 */
export const pretend = async (namespace: string, signal: AbortSignal): Promise<void> => {
  let pods = 0;
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } };
  await kubectl(['apply', '-f', '-'], { input: JSON.stringify(node) });
  const lookAtPods = async (): Promise<void> => {
    for (const pod of listAt(await read(['pods', '-n', namespace]), 'items')) {
      const name = stringAt(pod, 'metadata', 'name') ?? '';
      const isGoing = at(pod, 'metadata', 'deletionTimestamp') !== undefined;
      if (isGoing) await kubectl(['delete', 'pod', name, '-n', namespace, '--force', '--grace-period=0']);
      if (isGoing || isReady(pod)) continue;
      if (at(pod, 'spec', 'nodeName') === undefined) await bind(name, namespace);
      const podIP = `10.244.77.${++pods}`;
      const container = { name: 'app', ready: true, restartCount: 0, started: true, image: 'app', imageID: 'app' };
      const status = {
        phase: 'Running',
        podIP,
        podIPs: [{ ip: podIP }],
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [{ ...container, state: { running: { startedAt: new Date().toISOString() } } }],
      };
      await patchStatus('pod', name, { namespace, status });
    }
  };
  const lookAtRoutes = async (): Promise<void> => {
    for (const route of listAt(await read(['httproutes', '-n', namespace]), 'items')) {
      const observedGeneration = at(route, 'metadata', 'generation');
      if (at(route, 'status', 'parents', 0, 'conditions', 0, 'observedGeneration') === observedGeneration) continue;
      const lastTransitionTime = new Date().toISOString();
      const said = { status: 'True', message: '', observedGeneration, lastTransitionTime };
      const conditions = ['Accepted', 'ResolvedRefs'].map((type) => ({ ...said, type, reason: type }));
      const [parentRef] = listAt(route, 'spec', 'parentRefs');
      const parents = [{ parentRef, controllerName: 'traefik.io/gateway-controller', conditions }];
      await patchStatus('httproute', stringAt(route, 'metadata', 'name') ?? '', { namespace, status: { parents } });
    }
  };
  while (!signal.aborted) {
    // Kinds come and go, and so do objects between the look and the write.
    await lookAtPods().catch(() => {});
    await lookAtRoutes().catch(() => {});
    await setTimeout(LOOK_MS);
  }
  await kubectl(['delete', 'node', NODE]);
};
