/**
 * A query that cannot be answered: `parse` it is no PromQL, or asks for something that this evaluator does not do;
 * `execution` its data does not fit (many-to-many matching and the like). Prometheus answers 400 and 422.
 */
export class PromqlError extends Error {
  readonly kind: 'parse' | 'execution';

  constructor(kind: 'parse' | 'execution', message: string) {
    super(message);
    this.name = 'PromqlError';
    this.kind = kind;
  }
}

/** Names the construct that a real Prometheus knows and this evaluator does not. */
export const unsupported = (construct: string): PromqlError =>
  new PromqlError('parse', `The sandbox's PromQL has no ${construct}`);
