import type { RunNotes } from '../api/canary-status.ts';
import { KubeError } from '../kube/kube-error.ts';
import { messageOf } from '../lib/message-of.ts';
import type { Log } from '../telemetry/log.ts';
import type { Caches } from './caches.ts';
import type { ClusterWriter } from './cluster-writer.ts';
import type { Scene } from './scene.ts';
import { runRef } from './wanted-objects.ts';

/**
 * Writes what became known of a run into the status of its record; nothing where that is gone. What the API server
 * refuses for good is told and let be: no run may be held for it. It is tried again whenever the Canary is looked at.
 */
export const noteRun = async (
  { run, notes }: { readonly run: string; readonly notes: RunNotes },
  { canary }: Pick<Scene, 'canary'>,
  { caches, writer, log }: { readonly caches: Caches; readonly writer: ClusterWriter; readonly log: Log },
): Promise<void> => {
  const record = caches.get(runRef(run, canary));
  if (record === undefined) return;
  // What is told of the fields' managers would be taken for a change of them.
  const { managedFields: _, ...metadata } = record.metadata;
  try {
    // Without the spec, which no cache has: the server takes nothing but the status.
    await writer.status({ ...record, metadata, status: notes });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // A right that is missing is told as a problem of the cluster.
    if (error.right === undefined) log.warn({ run, error: messageOf(error) }, 'cannot note what became known of a run');
  }
};

const isRefusal = (error: unknown): error is KubeError =>
  error instanceof KubeError && (error.kind === 'Forbidden' || error.kind === 'Invalid');
