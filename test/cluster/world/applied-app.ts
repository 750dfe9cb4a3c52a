import { type CanaryStatus, type HistoryStatus, parseCanaryStatus } from '#src/api/canary-status.ts';
import { versionOf } from '#src/cli/demo/report.ts';
import type { JsonRecord } from '#src/lib/json.ts';
import type { KubeObject, ObjectRef } from '#src/lib/kube-object.ts';
import { apply, kubectl } from '../rig/kubectl.ts';
import type { ACluster } from './a-cluster.ts';
import { deploymentYaml, imageOf } from './place.ts';
import { until } from './until.ts';

/** An application that a person applies and releases by hand, without Git. */
export type AppliedApp = {
  readonly deploy: (version: string) => Promise<unknown>;
  /** Changes the image, and nothing else. */
  readonly bump: (version: string) => Promise<unknown>;
  readonly addCanary: (spec: JsonRecord) => Promise<unknown>;
  /** Changes some fields of the Canary's spec. */
  readonly patchCanary: (spec: JsonRecord) => Promise<unknown>;
  readonly deleteCanary: () => Promise<unknown>;
  readonly read: (of: Omit<ObjectRef, 'namespace'>) => Promise<KubeObject | undefined>;
  readonly canary: () => Promise<CanaryStatus>;
  /** Resolves with the run that judged this version when it has ended. */
  readonly ended: (version: string) => Promise<HistoryStatus>;
};

export const canaryOf = (
  { namespace, app }: { readonly namespace: string; readonly app: string },
  spec: JsonRecord,
) => ({
  apiVersion: 'serin.dev/v1alpha1',
  kind: 'Canary',
  metadata: { name: app, namespace },
  spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: app }, ...spec },
});

export const appliedApp = (
  { rig, client }: Pick<ACluster, 'rig' | 'client'>,
  of: { readonly namespace: string; readonly app: string; readonly replicas: number },
): AppliedApp => {
  const { namespace, app } = of;
  const inNamespace = ['-n', namespace];
  const read: AppliedApp['read'] = (ref) => client.get({ ...ref, namespace });
  const canary = async (): Promise<CanaryStatus> =>
    parseCanaryStatus((await read({ apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', name: app }))?.['status']);
  return {
    deploy: (version) => kubectl(rig, ['apply', '--server-side', '-f', '-'], { input: deploymentYaml(of, version) }),
    bump: (version) =>
      kubectl(rig, [...inNamespace, 'set', 'image', `deployment/${app}`, `app=${imageOf(of, version)}`]),
    addCanary: (spec) => apply(rig, [canaryOf(of, spec)]),
    patchCanary: (spec) =>
      kubectl(rig, [
        ...inNamespace,
        'patch',
        'canaries.serin.dev',
        app,
        '--type=merge',
        '-p',
        JSON.stringify({ spec }),
      ]),
    deleteCanary: () => kubectl(rig, [...inNamespace, 'delete', 'canary', app, '--timeout=60s']),
    read,
    canary,
    ended: (version) =>
      until(`end of ${version} in ${namespace}`, async () => {
        const { history, run } = await canary();
        const [last] = history;
        return last !== undefined && versionOf(last.images) === version && run === undefined ? last : undefined;
      }),
  };
};
