import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { DenyList } from './deny-list.ts';

/** A name leads to an address that must not be reached. */
export class DeniedError extends Error {
  override readonly name = 'DeniedError';
  readonly code = 'ERR_DENIED';
}

/**
 * Resolves names as the system does, and refuses one that leads to an address that is denied: what is checked is what is
 * connected to.
 */
export const checkedLookup =
  ({ denies }: DenyList): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const [first] = found ?? [];
      if (error !== null || first === undefined) return callback(error ?? new Error('no address'), '', 0);
      if (found.some(({ address }) => denies(address))) return callback(new DeniedError('denied'), '', 0);
      return options.all === true ? callback(null, found) : callback(null, first.address, first.family);
    });
  };
