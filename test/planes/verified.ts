import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { isRecord, stringAt } from '#src/lib/json.ts';

/** Data planes of docs/planes.md, in its order, by the word of `provider`. */
export const PLANES = {
  gatewayapi: 'Gateway API `HTTPRoute`',
  nginx: 'NGINX `Ingress`',
  istio: 'Istio `VirtualService`',
  appmesh: 'AWS App Mesh `VirtualRouter`',
  gloo: 'Gloo Edge `RouteTable`',
} as const;
export type Plane = keyof typeof PLANES;

/** What a plane can do for a release, in the page's order. */
export const FEATURES = [
  'weights',
  'TCP',
  'adopted from Git',
  'A/B by header',
  'A/B by cookie',
  'A/B by query parameter',
  'mirroring',
  'session affinity',
  'acceptance by status',
  'given back',
  'good and bad release',
  'built-in metrics',
  'held against GitOps tools',
  'proof by the proxies',
] as const;
export type Feature = (typeof FEATURES)[number];

/** How something was verified, from strongest to weakest. */
export const WAYS = ['real data plane', 'real API server', 'sandbox', 'real CRD', 'contract'] as const;
export type Way = (typeof WAYS)[number];

/** One thing that a test has seen. */
export type Verified = { readonly plane: Plane; readonly feature: Feature; readonly way: Way };

/** Where they go; nowhere unless somebody wants to know. */
const FILE = process.env['SERIN_VERIFIED'];

/** Notes what a test has just seen; to be called when nothing of it can fail any more. */
export const verified = (seen: Verified): void => {
  if (FILE !== undefined) appendFileSync(FILE, `${JSON.stringify(seen)}\n`);
};

const isOneOf = <T extends string>(words: readonly T[], word: string | undefined): word is T =>
  words.some((known) => known === word);

const read = (value: unknown): Verified => {
  const [plane, feature, way] = ['plane', 'feature', 'way'].map((key) => stringAt(value, key));
  const planes = Object.keys(PLANES).filter((key): key is Plane => key in PLANES);
  if (!isRecord(value) || !isOneOf(planes, plane) || !isOneOf(FEATURES, feature) || !isOneOf(WAYS, way)) {
    throw new TypeError(`Cannot read ${JSON.stringify(value)}: want a plane, a feature and a way of this version`);
  }
  return { plane, feature, way };
};

/** Each once, in the page's order. */
export const tidy = (all: readonly Verified[]): readonly Verified[] => {
  const planes = Object.keys(PLANES);
  const rank = ({ plane, feature, way }: Verified): number =>
    (planes.indexOf(plane) * FEATURES.length + FEATURES.indexOf(feature)) * WAYS.length + WAYS.indexOf(way);
  const byRank = new Map(all.map((one) => [rank(one), one]));
  return [...byRank].toSorted(([a], [b]) => a - b).map(([, one]) => one);
};

/** What was noted in a file, one in a line; nothing when there is none. */
export const readVerified = (file: string): readonly Verified[] =>
  existsSync(file)
    ? tidy(
        readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => read(JSON.parse(line))),
      )
    : [];
