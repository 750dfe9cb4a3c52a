import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CanaryStatus, type HistoryStatus, parseCanaryStatus } from '#src/api/canary-status.ts';
import { signingKey } from '#src/cli/demo/platform.ts';
import { type Receiver, startReceiver } from '#src/cli/demo/receiver.ts';
import { versionOf } from '#src/cli/demo/report.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { systemClock } from '#src/lib/clock.ts';
import { listAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject, ObjectRef } from '#src/lib/kube-object.ts';
import { BareRepository } from '#src/sandbox/git/bare-repository.ts';
import { gitLogin, gitUrl, repositoriesOf } from '../components/git-server.ts';
import { apply, kubectl } from '../rig/kubectl.ts';
import { ADDRESS } from '../rig/rig.ts';
import type { ACluster } from './a-cluster.ts';
import { type CanaryOptions, canaryYaml } from './canary-manifest.ts';
import { fluxObjects, secret } from './flux-objects.ts';
import { follow } from './follow.ts';
import { followWeights } from './follow-weights.ts';
import { deploymentYaml, folderOf, type Place, routeYaml, serviceYaml } from './place.ts';
import { until } from './until.ts';
import type { Stood } from './weights.ts';

const DEVELOPER = { name: 'Dana', email: 'dana@example.com' };

/** A team with its repository, applied by Flux, its application and its Canary. Every change it makes is a commit. */
export type Team = {
  readonly place: Place;
  readonly repository: BareRepository;
  readonly receiver: Receiver;
  readonly commit: (message: string, files: Readonly<Record<string, string | null>>) => Promise<string>;
  /** Commits the Deployment with this version. */
  readonly bump: (version: string) => Promise<string>;
  readonly addCanary: (options: CanaryOptions) => Promise<string>;
  readonly read: (of: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
  }) => Promise<KubeObject | undefined>;
  readonly canary: () => Promise<CanaryStatus>;
  /** Resolves with the run that judged this version when it has ended and been told everywhere. */
  readonly ended: (version: string) => Promise<HistoryStatus>;
  /** The weights that the Canary has told, from its start. */
  readonly stood: readonly Stood[];
  /** What Flux's Kustomization said when it was not Ready, and how often it has applied a new commit. */
  readonly troubles: () => readonly string[];
  readonly applied: () => number;
  readonly close: () => Promise<void>;
};

/** The team's namespace with its repository, Flux's objects, and where messages go; the application comes with a commit. */
export const aTeam = async ({ rig, client }: ACluster, place: Place): Promise<Team> => {
  const { namespace, app } = place;
  const settings = {
    clock: systemClock,
    searchPath: process.env['PATH'] ?? '/usr/bin:/bin',
    home: join(rig.folder, 'home'),
    allowInsecure: true,
  };
  // Of an earlier run, in a cluster that was kept.
  await rm(join(repositoriesOf(rig), `${namespace}.git`), { recursive: true, force: true });
  const repository = await BareRepository.create(settings, { parent: repositoriesOf(rig), name: namespace });
  const receiver = await startReceiver(() => {}, ADDRESS);
  const commit: Team['commit'] = (message, files) => repository.commitFiles({ files, message, author: DEVELOPER });
  const deployment = `${folderOf(place)}/deployment.yaml`;
  await apply(rig, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  await apply(rig, [
    ...fluxObjects(rig, place),
    secret(namespace, 'config-git', gitLogin(rig)),
    secret(namespace, 'serin-signing', { identity: signingKey() }),
    secret(namespace, 'slack', { address: receiver.url('slack') }),
    secret(namespace, 'audit', { address: receiver.url('webhook'), hmac: 'a-key' }),
    serinObject(namespace, 'Repository', 'config', {
      url: gitUrl(namespace),
      branch: 'main',
      secretRef: { name: 'config-git' },
      signingKeyRef: { name: 'serin-signing' },
      author: { name: 'Serin', email: 'serin@example.com' },
    }),
    serinObject(namespace, 'NotificationProvider', 'slack', { type: 'slack', secretRef: { name: 'slack' } }),
    serinObject(namespace, 'NotificationProvider', 'audit', { type: 'webhook', secretRef: { name: 'audit' } }),
  ]);
  const read: Team['read'] = (of) => client.get({ ...of, namespace } as ObjectRef);
  const reference = { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', name: app };
  const canary = async (): Promise<CanaryStatus> => parseCanaryStatus((await read(reference))?.['status']);

  const stop = new AbortController();
  const { stood, watching } = followWeights(client, { namespace, signal: stop.signal });

  const troubles: string[] = [];
  const applied = new Set<string>();
  const watchingFlux = follow(client, {
    resource: RESOURCES.kustomization,
    namespace,
    signal: stop.signal,
    tell: ({ object }) => {
      const revision = stringAt(object, 'status', 'lastAppliedRevision');
      if (revision !== undefined) applied.add(revision);
      const ready = listAt(object, 'status', 'conditions').find((one) => stringAt(one, 'type') === 'Ready');
      // Unknown is what it says while it waits for what it has just applied.
      if (applied.size > 0 && stringAt(ready, 'status') === 'False') troubles.push(stringAt(ready, 'message') ?? '');
    },
  });

  return {
    troubles: () => troubles,
    applied: () => applied.size,
    place,
    repository,
    receiver,
    commit,
    read,
    canary,
    stood,
    bump: (version) => commit(`Bump ${app} to ${version}`, { [deployment]: deploymentYaml(place, version) }),
    addCanary: (options) =>
      commit(`Let Serin release ${app}`, { [`${folderOf(place)}/canary.yaml`]: canaryYaml(place, options) }),
    ended: (version) =>
      until(`end of ${version} in ${namespace}`, async () => {
        const { history, run, outbox } = await canary();
        const [last] = history;
        return last !== undefined && versionOf(last.images) === version && run === undefined && outbox.length === 0
          ? last
          : undefined;
      }),
    close: async () => {
      stop.abort();
      await Promise.all([watching, watchingFlux]);
      await receiver.close();
      // The namespace takes its time; its Canary must not: the controller lets it go.
      await kubectl(rig, ['delete', 'namespace', namespace, '--wait=false']);
      await until(`namespace ${namespace} without its Canary`, async () => (await read(reference)) === undefined);
    },
  };
};

const serinObject = (namespace: string, kind: string, name: string, spec: unknown) => ({
  apiVersion: 'serin.dev/v1alpha1',
  kind,
  metadata: { name, namespace },
  spec,
});

/** The application's first version, with Service and route, as one commit. */
export const firstCommit = ({ place, commit }: Team, version: string): Promise<string> =>
  commit(`Add ${place.app} ${version}`, {
    [`${folderOf(place)}/deployment.yaml`]: deploymentYaml(place, version),
    [`${folderOf(place)}/service.yaml`]: serviceYaml(place),
    [`${folderOf(place)}/route.yaml`]: routeYaml(place),
  });
