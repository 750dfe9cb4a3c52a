import type { Problem } from '../api/problem.ts';
import { formatImage, type ImageReference, parseImage } from '../lib/image-reference.ts';
import type { GitOperation } from '../rollout/effect.ts';
import { changeImage } from './change-image.ts';
import type { Files } from './files.ts';
import { findImage, imagePlace, requireFolder } from './find-image.ts';
import { GitError } from './git-error.ts';
import { joinPath } from './git-path.ts';
import { ManifestFiles } from './manifest-files.ts';
import { parseRecord, recordPath } from './record-file.ts';
import { Refusal, type RefusalReason } from './refusal.ts';

/** What the outcomes of one Canary will need of Git. */
export type GitInspection = Pick<GitOperation, 'cluster' | 'canary' | 'target' | 'repository' | 'path' | 'branch'> & {
  /** How rejected images are put back; absent where outcomes are only recorded. */
  readonly revert?: { readonly via: GitOperation['via']; readonly containers: readonly string[] };
};

export type InspectedFiles = {
  readonly files: Files;
  readonly root: string;
  /** True when pull requests can be opened. */
  readonly reviewed: boolean;
};

/**
 * What keeps outcomes from being written to one revision of the repository: tries each edit that a revert may need,
 * without writing. Which version stands there does not matter: a push may just have come.
 */
export const inspectFiles = async (inspection: GitInspection, at: InspectedFiles): Promise<readonly Problem[]> => {
  const { root } = at;
  const { branch, repository, revert } = inspection;
  const manifests = new ManifestFiles(at.files);
  const problems = new Map<string, Problem>();
  const check = async (where: string, run: () => Promise<void>): Promise<void> => {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const remedy = REMEDIES[error.reason];
      const words = remedy === undefined ? error.message : `${error.message}; ${remedy}`;
      const message = `Branch ${branch} of Repository ${repository}: ${words}`;
      problems.set(message, { where, message, reason: 'GitRefused' });
    }
  };
  await check('spec.git', async () => {
    const file = recordPath(root, inspection);
    parseRecord(file, await at.files.read(file));
  });
  await check('spec.git.path', () => requireFolder(at.files, joinPath(root, inspection.path)));
  if (revert === undefined) return [...problems.values()];
  await check('spec.git.onFailure', async () => {
    if (revert.via === 'pullRequest' && !at.reviewed) throw noProvider();
  });
  for (const container of revert.containers) {
    await check('spec.git.path', () => tryRevert(inspection, { ...at, manifests, via: revert.via, container }));
  }
  return [...problems.values()];
};

/**
 * Runs an inspection. What a person must mend at the Repository or its Secret becomes a problem; what should be tried
 * again, a host that is away above all, rejects.
 */
export const inspected = async (
  repository: string,
  look: () => Promise<readonly Problem[]>,
): Promise<readonly Problem[]> => {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof GitError) || (error.kind !== 'auth' && error.kind !== 'config')) throw error;
    return [{ where: `Repository ${repository}`, message: error.message, reason: 'GitRefused' }];
  }
};

/** Pull requests are wanted, and there is nobody to open them. */
export const noProvider = (): Refusal =>
  new Refusal('NoProvider', 'pull requests are asked for, but the Repository names no provider, want spec.provider');

/** What would be right, where the words of a refusal do not say it: they also end up in results. */
const REMEDIES: Readonly<Partial<Record<RefusalReason, string>>> = {
  ImageNotFound: 'want a path whose manifests hold it, or spec.git.onFailure: record',
  NotEditable: 'want a plain value in a manifest or in images, or spec.git.onFailure: record',
  AutomationOwned: 'want spec.provider in the Repository for pull requests, or spec.git.onFailure: record',
};

const tryRevert = async (
  inspection: GitInspection,
  options: InspectedFiles & {
    readonly manifests: ManifestFiles;
    readonly via: GitOperation['via'];
    readonly container: string;
  },
): Promise<void> => {
  const { files, root, reviewed, manifests, via, container } = options;
  const path = joinPath(root, inspection.path);
  const target = { ...inspection.target, namespace: inspection.canary.namespace };
  const state = await findImage(manifests, { path, root, target, container });
  const image = parseImage(state.reference);
  if (image === undefined) {
    const place = await imagePlace(files, state);
    throw new Refusal(
      'NotEditable',
      `${place}: image "${state.reference}" of container ${container} is filled in elsewhere`,
    );
  }
  const { automation } = await changeImage(files, state, formatImage(otherVersion(image)));
  if (automation !== undefined && (via === 'commit' || !reviewed)) throw automation;
};

/** The same image in a version of the same form. */
const otherVersion = ({ name, tag, digest }: ImageReference): ImageReference => {
  const other = (text: string): string => `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`;
  if (tag === undefined && digest === undefined) return { name, tag: '0' };
  return {
    name,
    ...(tag === undefined ? {} : { tag: other(tag) }),
    ...(digest === undefined ? {} : { digest: other(digest) }),
  };
};
