import { z } from 'zod';
import { DURATION_PATTERN } from './duration.ts';

/** Patterns are read by Go's RE2 in the cluster and by JavaScript here: no look-around, no back-references. */
export const DNS_LABEL = '^[a-z]([-a-z0-9]*[a-z0-9])?$';
const DNS_SUBDOMAIN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
const HOST = '^([*][.])?[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
const HTTP_URL = '^https?://[^ ]+$';
const PERCENT = '^[0-9]{1,3}([.][0-9]{1,4})?%$';

/** What would be right, for the sentence of a refusal: "Found …: want <this>". Never reaches the CRD. */
export const want = (sentence: string): { readonly want: string } => ({ want: sentence });
/** Marks a field whose value may be a secret, so that no sentence repeats it. */
export const SENSITIVE = { sensitive: true } as const;

export const text = (max: number): z.ZodString => z.string().min(1).max(max);

export const duration = z
  .string()
  .max(32)
  .regex(new RegExp(DURATION_PATTERN))
  .meta(want('a duration such as 30s or 1m30s'));

export const percent = z.string().max(10).regex(new RegExp(PERCENT)).meta(want('a percentage such as 25%'));

export const objectName = z
  .string()
  .min(1)
  .max(253)
  .regex(new RegExp(DNS_SUBDOMAIN))
  .meta(want('the name of an object: lower-case letters, digits, "-" and "."'));

export const namespace = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
  .meta(want('the name of a namespace'));

/** A name that Serin derives Services or labels from: `-primary` and `-canary` must fit behind it. */
export const baseName = z
  .string()
  .min(1)
  .max(55)
  .regex(new RegExp(DNS_SUBDOMAIN))
  .meta(want('a name of at most 55 characters, so that "-primary" fits behind it'));

export const host = z
  .string()
  .min(1)
  .max(253)
  .regex(new RegExp(HOST))
  .meta(want('a host name such as shop.example.com or *.example.com, without scheme and port'));

export const httpUrl = z
  .string()
  .max(2048)
  .regex(new RegExp(HTTP_URL))
  .meta(want('an address that starts with http:// or https://'));

export const port = z.int().min(1).max(65535);
export const weight = z.int().min(1).max(100);

/** Text to text, such as labels. The cluster checks the number of entries and their values, we the keys too. */
export const textMap = (options: { readonly entries: number; readonly length: number }) =>
  z
    .record(z.string().max(253), z.string().max(options.length))
    .refine((map) => Object.keys(map).length <= options.entries)
    .meta({ maxProperties: options.entries, ...want(`at most ${options.entries} entries of text`) });

/** A list that server-side apply merges by `name`, and in which a name stands once. */
export const namedList = <Item extends z.ZodType>(item: Item, max: number) =>
  z
    .array(item)
    .max(max)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] });

export const secretRef = z.strictObject({ name: objectName.describe('Name of the Secret, in the same namespace.') });

export const secretKeyRef = z.strictObject({
  name: objectName.describe('Name of the Secret, in the same namespace.'),
  key: text(253).describe('Key in the Secret.'),
});

/** An object that is known but not looked into: whatever stands in it is kept, and a rule refuses it. */
export const openObject = z.looseObject({});
