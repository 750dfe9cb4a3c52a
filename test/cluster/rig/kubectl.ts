import { run } from '../parts/run.ts';
import { kubeconfigOf, program, type Rig, type User } from './rig.ts';

/** Runs kubectl and returns what it printed. */
export const kubectl = (
  rig: Rig,
  args: readonly string[],
  { as = 'admin', input }: { readonly as?: User; readonly input?: string } = {},
): Promise<string> =>
  run([program(rig, 'kubectl'), `--kubeconfig=${kubeconfigOf(rig, as)}`, ...args], {
    environment: { HOME: rig.folder },
    ...(input === undefined ? {} : { input }),
  });

/** Server-side apply of objects, as a platform team does. */
export const apply = (rig: Rig, objects: readonly unknown[]): Promise<string> =>
  kubectl(rig, ['apply', '--server-side', '--force-conflicts', '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
  });
