import { pathOf, RESOURCES } from '#src/kube/resources.ts';
import type { KubeRequest, Transport } from '#src/kube/transport.ts';
import type { Clock } from '#src/lib/clock.ts';
import { isRecord, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { sleep } from '#src/lib/sleep.ts';
import type { Log } from './log.ts';

export type Token = { readonly token: string; readonly expiresAt: number };

/** What a kubelet asks of sub-resources. Each call is repeated until the server has decided or the signal is aborted. */
export type PodApi = {
  readonly bind: (pod: KubeObject, node: string) => Promise<void>;
  readonly patchStatus: (pod: KubeObject, status: unknown) => Promise<void>;
  /** Removes the pod for good, if it is still this one. */
  readonly remove: (pod: KubeObject) => Promise<void>;
  readonly token: (pod: KubeObject, wanted: { readonly seconds: number; readonly audience?: string }) => Promise<Token>;
  readonly createNode: (node: KubeObject) => Promise<void>;
};

export type PodApiOptions = {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
};

const RETRY_MS = 250;
const TIMEOUT_MS = 10_000;

export const createPodApi = ({ transport, clock, log, signal }: PodApiOptions): PodApi => {
  const send = async (what: string, request: KubeRequest, fine: readonly number[] = []): Promise<unknown> => {
    while (!signal.aborted) {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
      try {
        const { status, body } = await transport.request({ ...request, signal: limit });
        if (status < 300 || fine.includes(status)) return body;
        if (status < 500 && status !== 429) {
          throw new Refusal(`Cannot ${what}: the API server answered ${status}: ${stringAt(body, 'message') ?? body}`);
        }
        log('The API server could not answer', { what, status });
      } catch (error) {
        if (error instanceof Refusal) throw error;
        if (!signal.aborted) log('Cannot reach the API server', { what, error });
      }
      await sleep(clock, RETRY_MS, signal);
    }
    throw new Error(`Cannot ${what}: the kubelet ends`);
  };
  const pathTo = ({ metadata }: KubeObject): string =>
    pathOf(RESOURCES.pod, { namespace: metadata.namespace, name: metadata.name });

  return {
    bind: async (pod, node) => {
      const { name, namespace, uid } = pod.metadata;
      const target = { apiVersion: 'v1', kind: 'Node', name: node };
      const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target };
      // Gone, or bound already.
      const fine = [404, 409];
      await send(`bind pod ${name}`, { method: 'POST', path: `${pathTo(pod)}/binding`, ...JSON_BODY, body }, fine);
    },
    patchStatus: async (pod, status) => {
      const body = { metadata: { uid: pod.metadata.uid }, status };
      const path = `${pathTo(pod)}/status`;
      const contentType = 'application/strategic-merge-patch+json';
      const request: KubeRequest = { method: 'PATCH', path, contentType, body };
      await send(`report pod ${pod.metadata.name}`, request, [404, 409]);
    },
    remove: async (pod) => {
      const preconditions = { uid: pod.metadata.uid };
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions };
      const request: KubeRequest = { method: 'DELETE', path: pathTo(pod), ...JSON_BODY, body };
      await send(`remove pod ${pod.metadata.name}`, request, [404, 409]);
    },
    token: async (pod, { seconds, audience }) => {
      const { name, namespace, uid } = pod.metadata;
      const account = stringAt(pod, 'spec', 'serviceAccountName') ?? 'default';
      const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name, uid };
      const audiences = audience === undefined ? {} : { audiences: [audience] };
      const answer = await send(`get a token of ServiceAccount ${namespace}/${account}`, {
        method: 'POST',
        path: `${pathOf(RESOURCES.serviceAccount, { namespace, name: account })}/token`,
        ...JSON_BODY,
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { expirationSeconds: seconds, boundObjectRef, ...audiences },
        },
      });
      const token = stringAt(answer, 'status', 'token');
      const expires = Date.parse(stringAt(answer, 'status', 'expirationTimestamp') ?? '');
      if (token === undefined || Number.isNaN(expires)) {
        throw new TypeError(
          `Cannot read the token of ServiceAccount ${namespace}/${account}: it has no token or no end`,
        );
      }
      return { token, expiresAt: expires };
    },
    createNode: async (node) => {
      const path = pathOf(RESOURCES.node, {});
      const made = await send('create the Node', { method: 'POST', path, ...JSON_BODY, body: node }, [409]);
      const one = pathOf(RESOURCES.node, { name: node.metadata.name });
      // Admission taints every new Node as not ready, and nothing here would take that away.
      const spec = { taints: null };
      const known = isRecord(made) && made['kind'] === 'Node';
      const labels = known ? {} : { metadata: { labels: node.metadata.labels } };
      await send('untaint the Node', { method: 'PATCH', path: one, ...MERGE, body: { spec, ...labels } });
      const body = { status: node['status'] };
      await send('report the Node', { method: 'PATCH', path: `${one}/status`, ...MERGE, body });
    },
  };
};

/** The server has decided: asking again brings nothing. */
class Refusal extends Error {}

const JSON_BODY = { contentType: 'application/json' } as const;
const MERGE = { contentType: 'application/merge-patch+json' } as const;
