import type { KubeObject } from '../../lib/kube-object.ts';
import type { Random } from '../../lib/random.ts';
import type { HttpRequest } from '../network/http.ts';

/** The canary annotations of an Ingress. */
export type CanaryPolicy = {
  readonly weight: number;
  readonly weightTotal: number;
  readonly header: string | undefined;
  readonly headerValue: string | undefined;
  readonly headerPattern: RegExp | undefined;
  readonly cookie: string | undefined;
};

const PREFIX = 'nginx.ingress.kubernetes.io/';

const annotation = (ingress: KubeObject, name: string): string | undefined => {
  const value = ingress.metadata.annotations?.[`${PREFIX}${name}`];
  return value === undefined || value === '' ? undefined : value;
};

/** ingress-nginx takes what is no whole number for absent. */
const count = (text: string | undefined): number => (text !== undefined && /^\d+$/.test(text) ? Number(text) : 0);

const pattern = (text: string | undefined): RegExp | undefined => {
  if (text === undefined) return undefined;
  try {
    return new RegExp(text);
  } catch {
    return undefined;
  }
};

export const isCanary = (ingress: KubeObject): boolean => annotation(ingress, 'canary') === 'true';

export const canaryPolicy = (ingress: KubeObject): CanaryPolicy => ({
  weight: count(annotation(ingress, 'canary-weight')),
  // Totals below 100 are silently taken for 100.
  weightTotal: Math.max(100, count(annotation(ingress, 'canary-weight-total'))),
  header: annotation(ingress, 'canary-by-header')?.toLowerCase(),
  headerValue: annotation(ingress, 'canary-by-header-value'),
  headerPattern: pattern(annotation(ingress, 'canary-by-header-pattern')),
  cookie: annotation(ingress, 'canary-by-cookie'),
});

const cookieOf = (request: HttpRequest, name: string): string | undefined => {
  for (const part of (request.headers['cookie'] ?? '').split(';')) {
    const [key = '', ...value] = part.split('=');
    if (key.trim() === name) return value.join('=').trim();
  }
  return undefined;
};

/** True or false for the two words; anything else decides nothing. */
const decided = (value: string | undefined): boolean | undefined =>
  value === 'always' ? true : value === 'never' ? false : undefined;

const byHeader = (policy: CanaryPolicy, request: HttpRequest): boolean | undefined => {
  const given = policy.header === undefined ? undefined : request.headers[policy.header];
  if (given === undefined) return undefined;
  // With a value or a pattern the words "always" and "never" mean nothing any more.
  if (policy.headerValue !== undefined) return given === policy.headerValue ? true : undefined;
  if (policy.headerPattern !== undefined) return policy.headerPattern.test(given) ? true : undefined;
  return decided(given);
};

/** Whether the canary gets this request: by header, else by cookie, else by weight, as ingress-nginx decides. */
export const choosesCanary = (policy: CanaryPolicy, request: HttpRequest, random: Random): boolean =>
  byHeader(policy, request) ??
  (policy.cookie === undefined ? undefined : decided(cookieOf(request, policy.cookie))) ??
  random() * policy.weightTotal < policy.weight;
