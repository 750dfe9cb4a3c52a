import type { GitOperation, GitResult } from '../rollout/effect.ts';
import { changeImage, type ImageChange } from './change-image.ts';
import { type FileChanges, type Files, withChanges } from './files.ts';
import { findImage } from './find-image.ts';
import { joinPath } from './git-path.ts';
import { ManifestFiles } from './manifest-files.ts';
import { formatRecord, parseRecord, recordAfter, recordPath, sameRevision } from './record-file.ts';
import { Refusal } from './refusal.ts';

/** What an operation does to one revision of the repository. */
export type Plan =
  | {
      readonly state: 'Change';
      readonly changes: FileChanges;
      /** Why a person should see it first; set only where a pull request is allowed. */
      readonly review?: Refusal;
    }
  | { readonly state: 'AlreadyApplied' }
  | Extract<GitResult, { readonly state: 'Superseded' | 'Refused' }>;

export type PlanOptions = {
  readonly files: Files;
  /** Serin touches nothing outside it. */
  readonly root: string;
};

/**
 * Says which files an operation changes, without writing anything. A field is changed only where it holds `from`; an
 * operation that finds its work done, or something newer, changes nothing at all.
 */
export const planChange = async (operation: GitOperation, options: PlanOptions): Promise<Plan> => {
  try {
    return await plan(operation, options);
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
};

export const refused = (refusal: Refusal): Extract<GitResult, { readonly state: 'Refused' }> => ({
  state: 'Refused',
  reason: refusal.reason,
  detail: refusal.message,
});

const plan = async (operation: GitOperation, { files, root }: PlanOptions): Promise<Plan> => {
  const recordFile = recordPath(root, operation);
  const before = await files.read(recordFile);
  const record = parseRecord(recordFile, before);
  const changes = new Map<string, Buffer>();
  let review: Refusal | undefined;

  if (operation.kind === 'revert') {
    const edits = await revertEdits(operation, { files, root });
    if (edits.superseded !== undefined) return { state: 'Superseded', detail: edits.superseded };
    if (edits.changes.size === 0) return { state: 'AlreadyApplied' };
    for (const [path, bytes] of edits.changes) changes.set(path, bytes);
    const { run } = operation;
    if (record.quarantine.some((entry) => entry['revision'] === run.previous)) {
      throw new Refusal('RevertOfRevert', `revision ${run.previous}, to go back to, was rejected itself`);
    }
    const again = record.quarantine.some((entry) => sameRevision(entry, run));
    review = again
      ? new Refusal('RevertLoop', `revision ${run.revision} was put back once before and has come again`)
      : edits.automation;
  }
  const after = recordAfter(record, operation);
  const bytes = formatRecord(operation, after);
  if (before === undefined || !before.equals(bytes)) changes.set(recordFile, bytes);
  if (changes.size === 0) return { state: 'AlreadyApplied' };
  if (review === undefined) return { state: 'Change', changes };
  return operation.via === 'commit' ? refused(review) : { state: 'Change', changes, review };
};

type RevertEdits = ImageChange & { readonly superseded?: string };

const revertEdits = async (operation: GitOperation, { files, root }: PlanOptions): Promise<RevertEdits> => {
  if (operation.edits.length === 0) {
    throw new Refusal(
      'NoImageChange',
      `revision ${operation.run.revision} changed no image, want its commit reverted by hand`,
    );
  }
  const path = joinPath(root, operation.path);
  const target = { ...operation.target, namespace: operation.canary.namespace };
  const changes = new Map<string, Buffer>();
  let automation: Refusal | undefined;
  for (const edit of operation.edits) {
    const current = withChanges(files, changes);
    const state = await findImage(new ManifestFiles(current), { path, root, target, container: edit.container });
    if (state.reference === edit.to) continue;
    if (state.reference !== edit.from) {
      const detail = `${state.manifest.file}: container ${edit.container} asks for ${state.reference}, neither ${edit.from} nor ${edit.to}`;
      return { changes: new Map(), superseded: detail };
    }
    const made = await changeImage(current, state, edit.to);
    for (const [file, bytes] of made.changes) changes.set(file, bytes);
    automation = made.automation ?? automation;
  }
  return automation === undefined ? { changes } : { changes, automation };
};
