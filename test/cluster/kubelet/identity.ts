import { at, listAt, numberAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';

/** As whom a container runs. */
export type Identity = {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Owns what is in the pod's volumes. */
  readonly fsGroup: number | undefined;
  readonly readOnlyRoot: boolean;
  readonly noNewPrivileges: boolean;
  readonly noCapabilities: boolean;
};

/** Reads the security contexts of pod and container. Throws what a kubelet says of one that must not be root but is. */
export const identityOf = (pod: KubeObject, container: unknown): Identity => {
  const own = at(container, 'securityContext');
  const shared = at(pod, 'spec', 'securityContext');
  const uid = numberAt(own, 'runAsUser') ?? numberAt(shared, 'runAsUser') ?? 0;
  const nonRoot = at(own, 'runAsNonRoot') ?? at(shared, 'runAsNonRoot');
  if (nonRoot === true && uid === 0) throw new Error('container has runAsNonRoot and image will run as root');
  const fsGroup = numberAt(shared, 'fsGroup');
  const more = listAt(shared, 'supplementalGroups').filter((group) => typeof group === 'number');
  return {
    uid,
    gid: numberAt(own, 'runAsGroup') ?? numberAt(shared, 'runAsGroup') ?? 0,
    groups: [...more, ...(fsGroup === undefined ? [] : [fsGroup])],
    fsGroup,
    readOnlyRoot: at(own, 'readOnlyRootFilesystem') === true,
    noNewPrivileges: at(own, 'allowPrivilegeEscalation') === false,
    noCapabilities: listAt(own, 'capabilities', 'drop').includes('ALL'),
  };
};

/** The `setpriv` that makes the next program run so, and end with its parent. */
export const setprivArgv = (identity: Identity): readonly string[] => [
  'setpriv',
  `--reuid=${identity.uid}`,
  `--regid=${identity.gid}`,
  identity.groups.length === 0 ? '--clear-groups' : `--groups=${identity.groups.join(',')}`,
  ...(identity.noNewPrivileges ? ['--no-new-privs'] : []),
  ...(identity.noCapabilities ? ['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all'] : []),
  '--pdeathsig=KILL',
  '--',
];
