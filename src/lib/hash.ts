import { createHash } from 'node:crypto';
import { canonicalJson } from './json.ts';

/** Lower-case hexadecimal SHA-256 of text or bytes. */
export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** SHA-256 of the canonical JSON of `value`: equal for equal values, whatever the order of keys. */
export const hashOf = (value: unknown): string => sha256(canonicalJson(value));
