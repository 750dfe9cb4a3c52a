import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { messageOf } from '../lib/message-of.ts';
import type { KubeAuth, KubeTls } from './kube-auth.ts';

export type KubeConfigSource =
  /** `$KUBECONFIG`, `~/.kube/config`, or the pod's own service account: the first that there is. */
  | { readonly from: 'default'; readonly context?: string }
  | { readonly from: 'file'; readonly path: string; readonly context?: string }
  /** The pod's service account. */
  | { readonly from: 'cluster' };

/** What a kubeconfig says: the way in, and the namespace that its context stands in. */
export type LoadedKubeConfig = KubeAuth & { readonly namespace?: string };

/**
 * Cluster and credentials as kubectl would find them, credential plugins included. CA and client certificate are read
 * once: a rotated client certificate takes a restart, a rotated token does not. Throws an Error that says what is
 * missing.
 */
export const loadKubeConfig = async (source: KubeConfigSource): Promise<LoadedKubeConfig> => {
  // Loaded only when asked for: it takes 0.4 s and 90 MB.
  const client = await import('@kubernetes/client-node');
  const config = new client.KubeConfig();
  try {
    read(config, source);
  } catch (cause) {
    throw new Error(`Cannot load the kubeconfig${source.from === 'file' ? ` ${source.path}` : ''}`, { cause });
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new Error(`Cannot use context "${config.getCurrentContext()}" of the kubeconfig: it names no known cluster`);
  }
  if (isFallback(config)) {
    throw new Error('Cannot find a cluster: want a kubeconfig in $KUBECONFIG or ~/.kube/config, or a pod to run in');
  }
  if (cluster.proxyUrl !== undefined) {
    throw new Error(`Cannot use proxy-url of cluster "${cluster.name}": not supported yet`);
  }
  allowPlainHttp(config);
  const first = await credentials(config);
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    server: cluster.server,
    tls: first.tls,
    headers: async () => (await credentials(config)).headers,
  };
};

const read = (config: KubeConfig, source: KubeConfigSource): void => {
  if (source.from === 'cluster') {
    config.loadFromCluster();
    return;
  }
  if (source.from === 'file') config.loadFromFile(source.path);
  else config.loadFromDefault();
  if (source.context !== undefined) config.setCurrentContext(source.context);
};

/** client-node makes up a server on this machine when it finds nothing. */
const isFallback = (config: KubeConfig): boolean =>
  config.getCurrentContext() === 'loaded-context' && config.getCurrentCluster()?.server === 'http://localhost:8080';

/** client-node refuses HTTP unless the verification is skipped that HTTP does not have. */
const allowPlainHttp = (config: KubeConfig): void => {
  config.clusters = config.clusters.map((cluster) =>
    cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster,
  );
};

const credentials = async (
  config: KubeConfig,
): Promise<{ readonly tls: KubeTls; readonly headers: Readonly<Record<string, string>> }> => {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    throw new Error(`Cannot get credentials of user "${config.getCurrentUser()?.name}": ${messageOf(cause)}`, {
      cause,
    });
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value).trim();
  if (typeof options.auth === 'string') {
    headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  return { tls: tlsOf(options), headers };
};

const tlsOf = ({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): KubeTls => ({
  ...(isPem(ca) ? { ca } : {}),
  ...(isPem(cert) ? { cert } : {}),
  ...(isPem(key) ? { key } : {}),
  ...(servername === undefined ? {} : { servername }),
  ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
});

const isPem = (value: unknown): value is string | Buffer => typeof value === 'string' || Buffer.isBuffer(value);
