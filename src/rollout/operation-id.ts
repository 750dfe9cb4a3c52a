import type { HistoryStatus, OutboxStatus } from '../api/canary-status.ts';
import { hashOf } from '../lib/hash.ts';
import type { ImageEdit } from './effect.ts';
import type { Observed } from './observed.ts';

type GitOn = Extract<Observed['git'], { mode: 'on' }>;

/** Id of the commit of one outcome: the same decision gives the same id on any replica, after any restart. */
export const gitOperationId = (
  observed: Observed,
  run: Pick<HistoryStatus, 'id' | 'outcome'>,
  { git, edits }: { readonly git: GitOn; readonly edits: readonly ImageEdit[] },
): string =>
  hashOf({
    cluster: observed.cluster,
    canary: observed.canary.uid,
    run: run.id,
    outcome: run.outcome,
    repository: git.repository,
    url: git.url,
    branch: git.branch,
    path: git.path,
    edits,
  });

/** Id of one message to one provider; `of` tells apart what may be told more than once of the same run. */
export const messageId = (
  observed: Observed,
  told: Pick<OutboxStatus, 'topic' | 'run' | 'provider' | 'since'>,
): string => hashOf({ cluster: observed.cluster, canary: observed.canary.uid, ...told });
