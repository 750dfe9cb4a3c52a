import { GROUP } from '../api/names.ts';
import type { Reason } from '../api/words.ts';
import type { Clock } from '../lib/clock.ts';
import { hashOf } from '../lib/hash.ts';
import { numberAt } from '../lib/json.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import type { Random } from '../lib/random.ts';
import { sleep } from '../lib/sleep.ts';
import type { KubeClient } from './client.ts';
import { isKubeError } from './kube-error.ts';
import { microTime } from './micro-time.ts';
import { WorkQueue } from './queue.ts';

/** One thing that happened to an object. */
export type EventInput = {
  /** The object that it happened to; without the uid `kubectl describe` does not find the event. */
  readonly regarding: ObjectRef & { readonly uid?: string };
  /** Another object concerned. */
  readonly related?: ObjectRef;
  /** `Warning` only when a person may have to act. */
  readonly type: 'Normal' | 'Warning';
  readonly reason: Reason;
  /** What Serin did, as a verb. */
  readonly action: string;
  /** What people read; cut after 1,000 bytes. */
  readonly note: string;
};

/** All happenings of one EventInput: one Event object. */
type Series = {
  readonly input: EventInput;
  readonly ref: ObjectRef;
  /** ms since the epoch. */
  first: number;
  last: number;
  /** How often it happened, and how many of those are written. */
  count: number;
  sent: number;
  /** How often it had happened by the word of an Event that was there before us. */
  earlier: number;
  /** Local monotonic time of the last write. */
  sentAt: number;
  attempts: number;
};

const EVENTS = 'events.k8s.io/v1';
const REFRESH_MS = 5 * 60_000;
const MOST_SERIES = 1_000;
const MOST_ATTEMPTS = 5;
const NOTE_BYTES = 1_000;
const FLUSH_MS = 2_000;

/**
 * Tells people what happened, as events.k8s.io/v1. What happens again just the same becomes a series of the Event that
 * is there, refreshed at most every 5 minutes. The name follows from the content, so that a restart goes on with the
 * same Event. `record` never throws, waits or holds more than 1,000 series; what can't be written after a few attempts
 * is dropped, for events are hints: history lives in status and in Git.
 */
export class EventRecorder {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #instance: string;
  readonly #queue: WorkQueue;
  readonly #onError: ((error: unknown) => void) | undefined;
  /** By name of the Event; the one that happened longest ago comes first. */
  readonly #series = new Map<string, Series>();
  #dropped = 0;

  constructor(options: {
    readonly client: KubeClient;
    readonly clock: Clock;
    readonly random: Random;
    /** This process, such as the pod's name. */
    readonly instance: string;
    readonly onError?: (error: unknown) => void;
  }) {
    const { client, clock, random } = options;
    this.#client = client;
    this.#clock = clock;
    this.#instance = options.instance;
    this.#onError = options.onError;
    this.#queue = new WorkQueue({
      clock,
      random,
      workers: 1,
      work: (name) => this.#write(name),
      onError: (_, error) => this.#onError?.(error),
      backOff: { baseMs: 1_000, maxMs: 30_000 },
    });
    this.#queue.start();
  }

  record(input: EventInput): void {
    const known = normalised(input);
    const name = `${known.regarding.name.slice(0, 200)}.${hashOf(known).slice(0, 16)}`;
    const now = this.#clock.now();
    const series = this.#series.get(name) ?? newSeries(known, { name, now });
    series.count++;
    series.last = now;
    this.#series.delete(name);
    this.#series.set(name, series);
    for (const oldest of this.#series.keys()) {
      if (this.#series.size <= MOST_SERIES) break;
      this.#drop(oldest);
    }
    this.#queue.add(name);
  }

  counts(): { readonly series: number; readonly dropped: number } {
    return { series: this.#series.size, dropped: this.#dropped };
  }

  /** Writes what is not written yet, for at most 2 s. */
  async stop(): Promise<void> {
    const enough = new AbortController();
    await Promise.race([this.#queue.idle(), sleep(this.#clock, FLUSH_MS, enough.signal)]);
    enough.abort();
    void this.#queue.stop();
  }

  async #write(name: string): Promise<void> {
    const series = this.#series.get(name);
    if (series === undefined || series.sent === series.count) return;
    const early = series.sent === 0 ? 0 : series.sentAt + REFRESH_MS - this.#clock.monotonic();
    if (early > 0) {
      this.#queue.addAfter(name, early);
      return;
    }
    try {
      series.sent = await (series.sent === 0 ? this.#create(series) : this.#refresh(series));
      series.sentAt = this.#clock.monotonic();
      series.attempts = 0;
    } catch (error) {
      series.attempts++;
      if (series.attempts < MOST_ATTEMPTS && !isFinal(error)) throw error;
      this.#drop(name);
      this.#onError?.(error);
    }
  }

  /** Returns how many happenings are written now; so does `#refresh`. */
  async #create(series: Series): Promise<number> {
    const { count } = series;
    try {
      await this.#client.create(eventOf(series, this.#instance));
      return count;
    } catch (error) {
      if (!isKubeError(error, 'AlreadyExists')) throw error;
    }
    const there = await this.#client.get(series.ref);
    // It is our own when only the answer was lost.
    const ours = there?.['eventTime'] === microTime(series.first);
    series.earlier = ours ? 0 : (numberAt(there, 'series', 'count') ?? 1);
    return ours && count === 1 ? count : await this.#refresh(series);
  }

  async #refresh(series: Series): Promise<number> {
    const { count } = series;
    try {
      await this.#client.mergePatch(series.ref, { series: seriesOf(series) });
      return count;
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error;
    }
    // The server has forgotten it, as it does after about an hour: a new one begins.
    series.count -= series.sent;
    series.sent = 0;
    series.earlier = 0;
    series.first = series.last;
    return await this.#create(series);
  }

  #drop(name: string): void {
    const series = this.#series.get(name);
    this.#series.delete(name);
    if (series !== undefined && series.sent < series.count) this.#dropped++;
  }
}

/** Just the fields that make two happenings the same, whatever else the caller's objects hold. */
const normalised = ({ regarding, related, type, reason, action, note }: EventInput): EventInput => ({
  regarding: { ...bareRef(regarding), ...(regarding.uid === undefined ? {} : { uid: regarding.uid }) },
  ...(related === undefined ? {} : { related: bareRef(related) }),
  type,
  reason,
  action,
  note: cutNote(note),
});

const bareRef = ({ apiVersion, kind, namespace, name }: ObjectRef): ObjectRef => ({
  apiVersion,
  kind,
  ...(namespace === undefined ? {} : { namespace }),
  name,
});

/** At most NOTE_BYTES of UTF-8, with an ellipsis for what is left out, and no character cut in half. */
const cutNote = (note: string): string => {
  const { read } = new TextEncoder().encodeInto(note, new Uint8Array(NOTE_BYTES));
  if (read === note.length) return note;
  const short = new TextEncoder().encodeInto(note, new Uint8Array(NOTE_BYTES - '…'.length * 3));
  return `${note.slice(0, short.read)}…`;
};

const newSeries = (input: EventInput, of: { readonly name: string; readonly now: number }): Series => ({
  input,
  // Events of cluster-scoped objects live in `default`: the API wants it so.
  ref: { apiVersion: EVENTS, kind: 'Event', namespace: input.regarding.namespace ?? 'default', name: of.name },
  first: of.now,
  last: of.now,
  count: 0,
  sent: 0,
  earlier: 0,
  sentAt: 0,
  attempts: 0,
});

const seriesOf = ({ count, earlier, last }: Series) => ({ count: count + earlier, lastObservedTime: microTime(last) });

const eventOf = (series: Series, instance: string): KubeObject => {
  const { apiVersion, kind, ...metadata } = series.ref;
  return {
    apiVersion,
    kind,
    metadata,
    eventTime: microTime(series.first),
    reportingController: `${GROUP}/controller`,
    reportingInstance: instance.slice(0, 128),
    ...series.input,
    ...(series.count > 1 ? { series: seriesOf(series) } : {}),
  };
};

/** Asking again would give the same answer: the namespace goes away (403), or the server refuses the content. */
const isFinal = (error: unknown): boolean => isKubeError(error, 'Forbidden') || isKubeError(error, 'Invalid');
