import { sha256 } from '../../lib/hash.ts';

/** What a container of an image does. Everything has a default; an image with none of it is a healthy version. */
export type ImageBehaviour = {
  /** What the version header says; the tag when absent. */
  readonly version?: string;
  /** Share of the requests that are answered with status 500, 0 to 1. */
  readonly errorRate?: number;
  /** How long an answer takes. */
  readonly latencyMs?: number;
  /** From the container's start to readiness. */
  readonly readyAfterMs?: number;
  readonly neverReady?: boolean;
  /** The process ends with an error this long after each start. */
  readonly crash?: { readonly afterMs: number; readonly exitCode?: number };
  /** The registry's words when the image cannot be had. */
  readonly pullError?: string;
  /** `sha256:…`; made from the reference when absent. */
  readonly digest?: string;
  /** Port that it serves where the pod declares none. */
  readonly port?: number;
  /** How long it goes on serving after SIGTERM, at most its grace period. */
  readonly drainMs?: number;
};

export type Image = {
  /** Reference without digest. */
  readonly name: string;
  readonly repository: string;
  readonly digest: string;
  readonly behaviour: ImageBehaviour;
};

/** The sandbox's registry: what each image reference does. Behaviours may be replaced while containers run. */
export class ImageCatalogue {
  readonly #images = new Map<string, Image>();

  constructor(images: Readonly<Record<string, ImageBehaviour>> = {}) {
    for (const [name, behaviour] of Object.entries(images)) this.publish(name, behaviour);
  }

  /** Adds or replaces what `name` (a reference with tag, without digest) does. */
  publish(name: string, behaviour: ImageBehaviour): Image {
    if (name.includes('@')) throw new RangeError(`Cannot publish image "${name}": want a reference without digest`);
    const digest = behaviour.digest ?? `sha256:${sha256(name)}`;
    const [, repository = name, tag = 'latest'] = /^(.*?)(?::([^:/]+))?$/.exec(name) ?? [];
    const image: Image = { name, repository, digest, behaviour: { version: tag, ...behaviour } };
    this.#images.set(name, image);
    return image;
  }

  /**
   * The image behind a reference: `name:tag`, `name:tag@digest` or `name@digest`. Undefined when there is none, or
   * when the digest is not the one that the reference has.
   */
  find(reference: string): Image | undefined {
    const [name = '', digest] = reference.split('@');
    const named = this.#images.get(name);
    if (named !== undefined) return digest === undefined || digest === named.digest ? named : undefined;
    if (digest === undefined) return undefined;
    return [...this.#images.values()].find((image) => image.repository === name && image.digest === digest);
  }
}

const numberFrom = (env: Readonly<Record<string, string>>, name: string): number | undefined => {
  const text = env[name];
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= 0)) throw new RangeError(`Cannot read ${name}="${text}": want a number that is not negative`);
  return value;
};

/**
 * The behaviour with what the container's environment says on top: SANDBOX_VERSION, SANDBOX_ERROR_RATE,
 * SANDBOX_LATENCY_MS, SANDBOX_READY_AFTER_MS, SANDBOX_NEVER_READY, SANDBOX_CRASH_AFTER_MS, SANDBOX_DRAIN_MS.
 * Throws a RangeError for a value that is no number.
 */
export const withEnvironment = (behaviour: ImageBehaviour, env: Readonly<Record<string, string>>): ImageBehaviour => {
  const version = env['SANDBOX_VERSION'];
  const errorRate = numberFrom(env, 'SANDBOX_ERROR_RATE');
  const latencyMs = numberFrom(env, 'SANDBOX_LATENCY_MS');
  const readyAfterMs = numberFrom(env, 'SANDBOX_READY_AFTER_MS');
  const neverReady = env['SANDBOX_NEVER_READY'];
  const crashAfterMs = numberFrom(env, 'SANDBOX_CRASH_AFTER_MS');
  const drainMs = numberFrom(env, 'SANDBOX_DRAIN_MS');
  return {
    ...behaviour,
    ...(version === undefined ? {} : { version }),
    ...(errorRate === undefined ? {} : { errorRate }),
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(readyAfterMs === undefined ? {} : { readyAfterMs }),
    ...(neverReady === undefined ? {} : { neverReady: neverReady === 'true' }),
    ...(crashAfterMs === undefined ? {} : { crash: { afterMs: crashAfterMs } }),
    ...(drainMs === undefined ? {} : { drainMs }),
  };
};
