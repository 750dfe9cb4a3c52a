/**
 * Why a metric source gave no answer.
 * - `badQuery`: it says that the query is wrong (400, 422)
 * - `denied`: it refuses the credentials (401, 403)
 * - `unavailable`: it is not there, or answers with another HTTP error
 * - `timeout`: it took too long
 * - `unreadable`: the answer is not of the expected kind, or is too large
 * - `aborted`: the caller gave up
 */
export type MetricErrorKind = 'badQuery' | 'denied' | 'unavailable' | 'timeout' | 'unreadable' | 'aborted';

/** A question to a metric source that failed. Neither the message nor the cause ever holds credentials. */
export class MetricError extends Error {
  readonly kind: MetricErrorKind;

  constructor(kind: MetricErrorKind, message: string, options?: { readonly cause?: Error }) {
    super(message, options);
    this.name = 'MetricError';
    this.kind = kind;
  }
}
