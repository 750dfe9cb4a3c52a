import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { at, listAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { ClusterBackend } from '#src/sandbox/backend.ts';
import type { ContainerProcess } from './container-process.ts';
import { type Mount, rootScript } from './container-root.ts';
import type { PodPlace } from './downward.ts';
import { type Identity, identityOf, setprivArgv } from './identity.ts';
import type { Program } from './images-file.ts';
import { type PodVolumes, subPathOf } from './pod-volumes.ts';
import { expanded, programEnvironment } from './program-environment.ts';
import { startSpawned } from './spawned-process.ts';

export type StartProgram = {
  readonly pod: KubeObject;
  readonly container: unknown;
  readonly program: Program;
  readonly place: PodPlace;
  readonly holder: number;
  readonly volumes: PodVolumes;
  /** The pod's own. */
  readonly folder: string;
  /** Of the logs and process numbers of all containers. */
  readonly logs: string;
  readonly backend: Pick<ClusterBackend, 'read'>;
  readonly service: { readonly host: string; readonly port: string };
};

/** Starts a container as a real process: its own files, user, environment and network. */
export const startProgram = async (of: StartProgram): Promise<ContainerProcess> => {
  const { pod, container, program, place, holder, volumes, backend, service, logs } = of;
  const identity = identityOf(pod, container);
  await volumes.prepare(identity);
  const env = programEnvironment({ pod, container, place, image: program.env, backend, service });
  const name = stringAt(container, 'name') ?? '';
  const folder = join(of.folder, `root-${name}`);
  await mkdir(folder, { recursive: true });
  const file = join(logs, `${pod.metadata.namespace}_${pod.metadata.name}_${name}`);
  return startSpawned({
    holder,
    script: rootScript({
      folder,
      hostname: pod.metadata.name,
      hosts: hostsOf(pod, place),
      mounts: [...filesOf(program), ...(await mountsOf(container, volumes))],
      readOnly: identity.readOnlyRoot,
      argv: argvOf(container, { program, env, identity }),
    }),
    env,
    log: `${file}.log`,
    pid: `${file}.pid`,
  });
};

const argvOf = (
  container: unknown,
  of: { readonly program: Program; readonly env: Readonly<Record<string, string>>; readonly identity: Identity },
): readonly string[] => {
  const words = (field: 'command' | 'args'): readonly string[] =>
    listAt(container, field).map((word) => expanded(String(word), of.env));
  const command = words('command');
  const directory = stringAt(container, 'workingDir');
  return [
    ...setprivArgv(of.identity),
    ...(directory === undefined ? [] : ['env', '-C', directory]),
    ...(command.length > 0 ? command : of.program.argv),
    ...words('args'),
  ];
};

/** The image's own files: what its command line names, and what it says beside. */
const filesOf = ({ argv, paths }: Program): readonly Mount[] =>
  [...new Set([...argv, ...paths])]
    .filter((path) => isAbsolute(path) && !path.startsWith('/usr/') && existsSync(path))
    .map((path) => ({ from: path, to: path, readOnly: true }));

const mountsOf = (container: unknown, volumes: PodVolumes): Promise<readonly Mount[]> =>
  Promise.all(
    listAt(container, 'volumeMounts').map(async (mount) => ({
      from: await subPathOf(volumes.path(stringAt(mount, 'name') ?? ''), stringAt(mount, 'subPath')),
      to: stringAt(mount, 'mountPath') ?? '',
      readOnly: at(mount, 'readOnly') === true,
    })),
  );

const hostsOf = (pod: KubeObject, { address }: PodPlace): readonly string[] => [
  `${address} ${pod.metadata.name}`,
  ...listAt(pod, 'spec', 'hostAliases').map(
    (alias) => `${stringAt(alias, 'ip')} ${listAt(alias, 'hostnames').join(' ')}`,
  ),
];
