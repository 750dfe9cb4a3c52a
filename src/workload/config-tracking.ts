import { CONFIG_TRACKING_ANNOTATION } from '../api/names.ts';
import type { Problem } from '../api/problem.ts';
import { hashOf } from '../lib/hash.ts';
import type { JsonRecord } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { keyOf } from '../lib/kube-object.ts';
import type { ConfigKind, ConfigRef } from './config-refs.ts';
import { configRefs } from './config-refs.ts';

/**
 * What a change of a config means. `run`: a new revision; pods refer to an immutable copy. `adopt` and `off`: nothing;
 * pods refer to the config itself, so that a renewed certificate reaches them as Kubernetes brings it.
 */
export type Tracking = 'run' | 'adopt' | 'off';

/** All that is remembered of a config: never its content. */
export type ConfigState = {
  readonly kind: ConfigKind;
  readonly name: string;
  readonly tracking: Tracking;
  /** Of kind, name, type and content; hexadecimal. */
  readonly hash: string;
  /** Of type and content alone, for telling whether one config is a copy of another. */
  readonly content?: string;
};

/** A content that the API server does not give out, in its words. */
export type Unreadable = { readonly unreadable: string };

/** A config by reference; `unread` while its content has not been fetched and hashed yet. */
export type ConfigLookup = (ref: {
  readonly kind: ConfigKind;
  readonly name: string;
}) => ConfigState | 'missing' | 'unread' | Unreadable;

/** Types of Secrets that are copied; the others belong to Kubernetes or to other tools, as Flagger has it. */
const COPIED_TYPES = ['Opaque', 'kubernetes.io/basic-auth', 'kubernetes.io/ssh-auth'];
/** cert-manager, External Secrets and Sealed Secrets, as they stand in annotations, labels and owners. */
const KEEPERS = /(^|\.)(cert-manager\.io|external-secrets\.io|bitnami\.com)\//;

const isKept = ({ metadata }: KubeObject): boolean =>
  [
    ...Object.keys(metadata.annotations ?? {}),
    ...Object.keys(metadata.labels ?? {}),
    ...(metadata.ownerReferences ?? []).map((owner) => owner.apiVersion),
  ].some((key) => KEEPERS.test(key));

const TRACKINGS: readonly Tracking[] = ['run', 'adopt', 'off'];

/** The config's tracking: by its annotation (Serin's, then Flagger's), else by who keeps it and by its type. */
export const trackingOf = (config: KubeObject): Tracking => {
  const annotations = config.metadata.annotations ?? {};
  const asked = TRACKINGS.find((tracking) => tracking === annotations[CONFIG_TRACKING_ANNOTATION]);
  if (asked !== undefined) return asked;
  if (annotations['flagger.app/config-tracking'] === 'disabled') return 'off';
  const type = config.kind === 'Secret' ? (config['type'] ?? 'Opaque') : undefined;
  if (type === 'kubernetes.io/tls' || isKept(config)) return 'adopt';
  return type === undefined || COPIED_TYPES.some((copied) => copied === type) ? 'run' : 'off';
};

/** What is remembered of a config that was just fetched. */
export const configState = (config: KubeObject): ConfigState => {
  const kind = config.kind === 'Secret' ? 'Secret' : 'ConfigMap';
  const { name } = config.metadata;
  const { data, binaryData } = config;
  const type = kind === 'Secret' ? (config['type'] ?? 'Opaque') : undefined;
  return {
    kind,
    name,
    tracking: trackingOf(config),
    hash: hashOf({ kind, name, type, data, binaryData }),
    content: hashOf({ type, data, binaryData }),
  };
};

/** What keeps a revision from being known, in words; `isStuck` when only a person can mend it. */
export type Waiting = { readonly waiting: string; readonly isStuck?: true };

/** What a revision has of the configs that its template refers to, in a fixed order. */
export type TrackedConfigs = {
  /** Those whose content is part of it. */
  readonly configs: readonly ConfigState[];
  /** Optional ones that do not exist. */
  readonly absent: readonly ConfigRef[];
};

/** The configs of the template's revision, or what is missing for saying so. */
export const trackedConfigs = (template: JsonRecord, lookup: ConfigLookup): TrackedConfigs | Waiting => {
  const configs: ConfigState[] = [];
  const absent: ConfigRef[] = [];
  for (const ref of configRefs(template)) {
    const state = lookup(ref);
    if (state === 'unread') return { waiting: `${ref.kind} ${ref.name} has not been read yet` };
    if (state === 'missing') {
      if (!ref.optional) {
        return { waiting: `${ref.kind} ${ref.name} does not exist, and the template needs it`, isStuck: true };
      }
      absent.push(ref);
    } else if ('unreadable' in state) {
      return { waiting: `${ref.kind} ${ref.name} cannot be read: ${state.unreadable}`, isStuck: true };
    } else if (state.tracking === 'run') configs.push(state);
  }
  return { configs, absent };
};

/** Configs that the template refers to and whose annotation says something that nobody understands. */
export const trackingProblems = (
  template: JsonRecord,
  get: (ref: ConfigRef) => KubeObject | undefined,
): readonly Problem[] =>
  configRefs(template).flatMap((ref): readonly Problem[] => {
    const config = get(ref);
    const word = config?.metadata.annotations?.[CONFIG_TRACKING_ANNOTATION];
    if (config === undefined || word === undefined || TRACKINGS.some((tracking) => tracking === word)) return [];
    const where = `${ref.kind} ${keyOf(config.metadata)} metadata.annotations[${CONFIG_TRACKING_ANNOTATION}]`;
    return [{ where, message: `Found ${JSON.stringify(word)}, want run, adopt or off`, reason: 'InvalidSpec' }];
  });
