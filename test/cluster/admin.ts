import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { run } from './parts/run.ts';

const { KUBECONFIG = '', SERIN_CLUSTER_BIN = '' } = process.env;

/** Why tests with kubectl can't run here; undefined when they can. */
export const missing =
  KUBECONFIG === '' || SERIN_CLUSTER_BIN === '' ? 'KUBECONFIG or SERIN_CLUSTER_BIN names none' : undefined;

/** A program that the cluster tests bring. */
export const programPath = (name: string): string => join(SERIN_CLUSTER_BIN, name);

/** kubectl as the administrator of the cluster that KUBECONFIG names; returns what it printed. */
export const kubectl = (args: readonly string[], options: { readonly input?: string } = {}): Promise<string> =>
  run([programPath('kubectl'), ...args], options);

/** What kubectl finds, as JSON. */
export const read = async (args: readonly string[]): Promise<unknown> =>
  JSON.parse(await kubectl(['get', '-o', 'json', ...args]));

/** Server-side apply of some fields of an object under a field manager, with force, as Flux does it. */
export const applyAs = (manager: string, object: unknown): Promise<string> =>
  kubectl(
    ['apply', '--server-side', '--force-conflicts', '--validate=false', `--field-manager=${manager}`, '-f', '-'],
    { input: JSON.stringify(object) },
  );

/** What kubectl says when it fails. Throws when it does not fail. */
export const refusal = async (args: readonly string[], options: { readonly input?: string } = {}): Promise<string> => {
  try {
    await kubectl(args, options);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error(`kubectl ${args.join(' ')} succeeded, want a refusal`);
};

/** Waits until the API server serves custom resources. A CRD of this very moment has no conditions yet: kubectl fails. */
export const untilServed = async (...names: readonly string[]): Promise<void> => {
  const wait = (): Promise<string> => kubectl(['wait', '--for=condition=Established', ...names]);
  await wait().catch(() => setTimeout(1_000).then(wait));
};
