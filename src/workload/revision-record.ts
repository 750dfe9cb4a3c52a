import type { Images } from '../api/canary-status.ts';
import { CANARY_UID_LABEL, HANDS_OFF_ANNOTATIONS, REVISION_LABEL } from '../api/names.ts';
import type { JsonRecord } from '../lib/json.ts';
import { isRecord, listAt, recordAt, stringAt, stringsAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { configCopy, withConfigCopies } from './config-copy.ts';
import { type ConfigRef, configRefs } from './config-refs.ts';
import { configState } from './config-tracking.ts';
import { copiedAnnotations, copiedLabels } from './copied-metadata.ts';
import { kindOf } from './kinds/kind-of.ts';
import type { CanaryIdentity } from './names.ts';
import { configCopyName, isConfigCopyName, revisionName } from './names.ts';
import { templateOf } from './pod-template.ts';
import type { FoundRevision } from './revision.ts';

/** Everything that a primary or canary of one revision is made from. */
export type RevisionRecord = {
  readonly revision: string;
  /** Canonical hash of what is judged, configs apart. */
  readonly hash: string;
  readonly images: Images;
  /** Names of the config copies that the template refers to. */
  readonly copies: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** What of the target's spec its sides get, whatever their size; a template refers to the config copies. */
  readonly spec: JsonRecord;
  /** The spec of a primary that was found running this revision, kept to the letter: with it no pod is restarted. */
  readonly found?: JsonRecord;
};

/** Keeps the target as it stands as one revision. */
export const revisionRecord = (
  target: KubeObject,
  found: FoundRevision,
  primary?: KubeObject | undefined,
): RevisionRecord => {
  const kind = kindOf(target);
  const { template, ...spec } = kind.recorded(target);
  return {
    revision: found.id,
    hash: found.hash,
    images: found.images,
    copies: [
      ...found.configs.map((config) => configCopyName(config, target.metadata.name)),
      ...(primary ? configsOf(primary) : []),
    ],
    labels: copiedLabels(target.metadata.labels),
    annotations: copiedAnnotations(target.metadata.annotations),
    spec: {
      ...spec,
      ...(isRecord(template) ? { template: withConfigCopies(template, found, target.metadata.name) } : {}),
    },
    ...(primary === undefined ? {} : { found: kind.recorded(primary) }),
  };
};

const configsOf = (workload: KubeObject): readonly string[] => configRefs(templateOf(workload)).map(({ name }) => name);

/**
 * The ControllerRevision that stores a record. Its data can't be changed once it is there: create it, and take "already
 * exists" for done. It carries no label of the application, by which another controller might adopt it.
 */
export const recordManifest = (record: RevisionRecord, canary: CanaryIdentity): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  metadata: {
    name: revisionName(canary.spec, record.revision),
    namespace: canary.namespace,
    labels: { [CANARY_UID_LABEL]: canary.uid, [REVISION_LABEL]: record.revision },
    annotations: HANDS_OFF_ANNOTATIONS,
  },
  revision: 1,
  data: record,
});

/** Reads a ControllerRevision back; undefined when it holds no record. */
export const readRecord = (object: KubeObject): RevisionRecord | undefined => {
  const data = object['data'];
  const revision = stringAt(data, 'revision');
  if (revision === undefined || !isRecord(data) || !isRecord(data['spec'])) return undefined;
  return {
    revision,
    hash: stringAt(data, 'hash') ?? '',
    images: stringsAt(data, 'images'),
    copies: listAt(data, 'copies').filter((name) => typeof name === 'string'),
    labels: stringsAt(data, 'labels'),
    annotations: stringsAt(data, 'annotations'),
    spec: data['spec'],
    ...(isRecord(data['found']) ? { found: data['found'] } : {}),
  };
};

/** The copies that Serin has made for a record's template; not those that Flagger has left to a primary. */
export const copyRefs = ({ copies, spec }: RevisionRecord): readonly ConfigRef[] =>
  configRefs(recordAt(spec, 'template')).filter(({ name }) => copies.includes(name) && isConfigCopyName(name));

/**
 * What pinning writes, in this order: the config copies (apply), then the record (create), so that a record that exists
 * is complete. `contents` are the configs of `found`, just fetched; undefined when one is not among them or has changed
 * since: then the target has moved on. The copies of a record that stands already get the names that it has for them.
 */
export const pinnedObjects = (
  found: FoundRevision,
  {
    canary,
    target,
    contents,
    primary,
    stored,
  }: {
    readonly canary: CanaryIdentity;
    readonly target: KubeObject;
    readonly contents: readonly KubeObject[];
    /** A primary that was found running this revision. */
    readonly primary?: KubeObject | undefined;
    /** The record of this revision, where there is one already. */
    readonly stored?: RevisionRecord | undefined;
  },
): { readonly copies: readonly KubeObject[]; readonly record: KubeObject } | undefined => {
  const byHash = new Map(contents.map((config) => [configState(config).hash, config]));
  const record = revisionRecord(target, found, primary);
  const copies: KubeObject[] = [];
  for (const [index, { hash }] of found.configs.entries()) {
    const config = byHash.get(hash);
    const name = (stored ?? record).copies[index];
    if (config === undefined || name === undefined) return undefined;
    copies.push(configCopy(config, { name, canary }));
  }
  return { copies, record: recordManifest(record, canary) };
};
