import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { numberAt, stringAt, stringsAt } from '#src/lib/json.ts';
import { ConnectionError, type HttpAnswer, type HttpHandler, VERSION_HEADER } from '#src/sandbox/network/http.ts';
import { ISTIO_CLUSTER } from '../components/istiod.ts';
import { ADDRESS, PORTS, type Rig } from '../rig/rig.ts';

const CALLER = join(import.meta.dirname, 'grpc-caller.ts');

export type XdsClient = {
  /** What istiod knows it by. */
  readonly proxy: string;
  /** A call for a request: its path is asked of the application, an error is status 500. Rejects with ConnectionError. */
  readonly send: HttpHandler;
  readonly close: () => void;
};

export type XdsClientOptions = {
  readonly name: string;
  readonly namespace: string;
  /** Host and port of a Service, such as `podinfo.shop.svc.cluster.local:80`. */
  readonly target: string;
};

const bootstrapOf = ({ name, namespace }: XdsClientOptions) => ({
  xds_servers: [
    {
      server_uri: `127.0.0.1:${PORTS.istiodXds}`,
      channel_creds: [{ type: 'insecure' }],
      server_features: ['xds_v3'],
    },
  ],
  node: {
    id: `sidecar~${ADDRESS}~${name}.${namespace}~${namespace}.svc.cluster.local`,
    locality: {},
    metadata: {
      GENERATOR: 'grpc',
      NAMESPACE: namespace,
      CLUSTER_ID: ISTIO_CLUSTER,
      INSTANCE_IPS: ADDRESS,
      ISTIO_VERSION: '1.31.0',
    },
  },
});

/** A process that calls a Service over gRPC by the routes that istiod tells it. */
export const overXds = (rig: Rig, options: XdsClientOptions): XdsClient => {
  const folder = join(rig.folder, 'grpc');
  mkdirSync(folder, { recursive: true });
  const bootstrap = join(folder, `${options.name}.${options.namespace}.json`);
  writeFileSync(bootstrap, JSON.stringify(bootstrapOf(options)));
  const child = fork(CALLER, [`xds:///${options.target}`], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // It is no test, whoever runs it.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, GRPC_XDS_BOOTSTRAP: bootstrap },
  });
  const asked = new Map<number, (answer: unknown) => void>();
  let last = 0;
  child.on('message', (answer) => {
    const id = numberAt(answer, 'id') ?? 0;
    asked.get(id)?.(answer);
    asked.delete(id);
  });
  child.on('exit', () => {
    for (const tell of asked.values()) tell({ details: 'its process has ended' });
    asked.clear();
  });
  return {
    proxy: `${options.name}.${options.namespace}`,
    send: ({ path }) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        asked.set(id, (answer) => {
          const told = answerOf(answer);
          if (told !== undefined) resolve(told);
          else reject(new ConnectionError(`Cannot call ${options.target}: ${stringAt(answer, 'details')}`));
        });
        child.send({ id, path });
      }),
    close: () => child.disconnect(),
  };
};

/** Undefined when no application has answered. */
const answerOf = (answer: unknown): HttpAnswer | undefined => {
  const headers = stringsAt(answer, 'headers');
  if (headers[VERSION_HEADER] === undefined) return undefined;
  const body = stringAt(answer, 'details') ?? '';
  return { status: numberAt(answer, 'code') === 0 ? 200 : 500, headers, body };
};
