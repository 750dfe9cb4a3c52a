import { CORE_SCHEMA, dump, load } from 'js-yaml';
import type { HistoryStatus } from '../api/canary-status.ts';
import { isRecord, type JsonRecord, listAt, sameJson, stringAt } from '../lib/json.ts';
import type { GitOperation } from '../rollout/effect.ts';
import { joinPath } from './git-path.ts';
import { Refusal } from './refusal.ts';
import { decodeText } from './yaml-edit.ts';

/** Entries kept of what was rejected; the oldest go first. */
const MAX_QUARANTINE = 20;
const HEADER = `# What Serin has judged of this Canary. Written by Serin, for people and for other clusters; edits have no effect.
`;

/**
 * The record of one Canary. It has no extension, since GitOps tools take every .yaml and .json below a path for a
 * manifest.
 */
export const recordPath = (root: string, of: Pick<GitOperation, 'cluster' | 'canary'>): string =>
  joinPath(root, '.serin', of.cluster, of.canary.namespace, of.canary.name);

/** What a record file holds. Fields that Serin does not know are kept. */
export type RecordFile = { readonly stable?: JsonRecord; readonly quarantine: readonly JsonRecord[] };

/** Reads a record file; throws Refusal `RecordUnreadable` when somebody has broken it. */
export const parseRecord = (path: string, bytes: Buffer | undefined): RecordFile => {
  if (bytes === undefined) return { quarantine: [] };
  let value: unknown;
  try {
    value = load(decodeText(bytes), { schema: CORE_SCHEMA });
  } catch {
    throw new Refusal('RecordUnreadable', `${path} is no YAML, want it as Serin wrote it, or removed`);
  }
  if (!isRecord(value)) throw new Refusal('RecordUnreadable', `${path} is no YAML object, want it removed`);
  const stable = value['stable'];
  return {
    ...value,
    ...(isRecord(stable) ? { stable } : {}),
    quarantine: listAt(value, 'quarantine').filter(isRecord),
  };
};

/** The record after an operation: the stable pointer after a success, one more quarantine entry after a failure. */
export const recordAfter = (record: RecordFile, operation: GitOperation): RecordFile => {
  const { run } = operation;
  if (run.outcome === 'Promoted' || run.outcome === 'FastPromoted') {
    const quarantine = record.quarantine.filter((entry) => !sameRevision(entry, run));
    return { ...record, stable: entryOf(operation), quarantine };
  }
  const others = record.quarantine.filter((entry) => !sameRevision(entry, run));
  const entry = { ...entryOf(operation), sentence: run.sentence };
  return { ...record, quarantine: [...others, entry].slice(-MAX_QUARANTINE) };
};

export const formatRecord = (operation: GitOperation, record: RecordFile): Buffer => {
  const { stable, quarantine, ...others } = record;
  const { cluster, canary } = operation;
  const value = {
    ...others,
    canary: `${cluster}/${canary.namespace}/${canary.name}`,
    ...(stable === undefined ? {} : { stable }),
    ...(quarantine.length === 0 ? {} : { quarantine }),
  };
  return Buffer.from(HEADER + dump(value, { lineWidth: -1, noRefs: true }));
};

/** True when an entry rejects this revision: same template and same images. */
export const sameRevision = (entry: JsonRecord, run: Pick<HistoryStatus, 'hash' | 'images'>): boolean =>
  stringAt(entry, 'hash') === run.hash && sameJson(entry['images'], run.images);

const entryOf = ({ id, run }: GitOperation): JsonRecord => ({
  revision: run.revision,
  hash: run.hash,
  images: run.images,
  ...(run.digests === undefined ? {} : { digests: run.digests }),
  run: run.id,
  outcome: run.outcome,
  ...(run.cause === undefined ? {} : { cause: run.cause }),
  since: run.endedAt,
  ...(run.source === undefined ? {} : { source: run.source.commit }),
  operation: id,
});
