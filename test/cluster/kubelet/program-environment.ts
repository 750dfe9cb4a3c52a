import { listAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { ClusterBackend } from '#src/sandbox/backend.ts';
import { containerEnv } from '#src/sandbox/workloads/container-env.ts';
import { downwardField, type PodPlace } from './downward.ts';

export type ProgramEnvironment = {
  readonly pod: KubeObject;
  readonly container: unknown;
  readonly place: PodPlace;
  /** The image's own. */
  readonly image: Readonly<Record<string, string>>;
  readonly backend: Pick<ClusterBackend, 'read'>;
  readonly service: { readonly host: string; readonly port: string };
};

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The whole environment of a program: nothing of the kubelet's own. */
export const programEnvironment = (of: ProgramEnvironment): Readonly<Record<string, string>> => {
  const { pod, container, place, image, backend, service } = of;
  const resolved = containerEnv(container, { backend, namespace: pod.metadata.namespace ?? '' });
  if ('missing' in resolved) throw new Error(resolved.missing.message);
  const fields: Record<string, string> = {};
  for (const variable of listAt(container, 'env')) {
    const path = stringAt(variable, 'valueFrom', 'fieldRef', 'fieldPath');
    const value = path === undefined ? undefined : downwardField(pod, path, place);
    if (value !== undefined) fields[stringAt(variable, 'name') ?? ''] = value;
  }
  return {
    PATH,
    HOME: '/home/nonroot',
    HOSTNAME: pod.metadata.name,
    ...image,
    KUBERNETES_SERVICE_HOST: service.host,
    KUBERNETES_SERVICE_PORT: service.port,
    KUBERNETES_SERVICE_PORT_HTTPS: service.port,
    ...resolved.env,
    ...fields,
  };
};

/** `$(NAME)` of a command or argument; `$$(NAME)` stands for itself, and so does what is not known. */
export const expanded = (word: string, env: Readonly<Record<string, string>>): string =>
  word.replace(/(\$?)\$\(([A-Za-z_.][\w.-]*)\)/g, (all, doubled: string, name: string) =>
    doubled === '' ? (env[name] ?? all) : all.slice(1),
  );
