import type { StoredCanarySpec } from '../canary.ts';
import type { SessionAffinitySpec } from '../session-affinity.ts';
import { type Rule, rulesAt } from './rule.ts';

type Analysis = StoredCanarySpec['analysis'];

const SECURE = '(has(self.secure) && self.secure)';

/** Rules of `spec.analysis.sessionAffinity`. What browsers would drop is refused: clients would never be known again. */
export const affinityRules: readonly Rule[] = [
  ...rulesAt<Analysis>('spec.analysis', [
    {
      field: 'sessionAffinity',
      fault: 'forbidden',
      sentence:
        'sessionAffinity keeps clients on the side that a weight gave them, and a run by iterations has no weights: remove it, or set stepWeights instead of iterations',
      cel: '!has(self.sessionAffinity) || !has(self.iterations) || self.iterations == 0',
      holds: ({ sessionAffinity, iterations = 0 }) => sessionAffinity === undefined || iterations === 0,
    },
  ]),
  ...rulesAt<SessionAffinitySpec>('spec.analysis.sessionAffinity', [
    {
      field: 'primaryCookieName',
      sentence:
        'cookieName and primaryCookieName are both {cookieName}, so that no client could be told by them: want two names',
      cel: '!has(self.primaryCookieName) || self.primaryCookieName != self.cookieName',
      holds: ({ cookieName, primaryCookieName }) => primaryCookieName !== cookieName,
    },
    {
      field: 'secure',
      fault: 'required',
      sentence:
        'Browsers drop a cookie with sameSite None, partitioned, or a name that begins with __Secure- or __Host- unless it is secure: set secure: true',
      cel: `${SECURE} || !((has(self.sameSite) && self.sameSite == "None") || (has(self.partitioned) && self.partitioned) || self.cookieName.startsWith("__Secure-") || self.cookieName.startsWith("__Host-") || (has(self.primaryCookieName) && (self.primaryCookieName.startsWith("__Secure-") || self.primaryCookieName.startsWith("__Host-"))))`,
      holds: ({ secure, sameSite, partitioned, cookieName, primaryCookieName = '' }) =>
        secure === true ||
        !(sameSite === 'None' || partitioned === true || [cookieName, primaryCookieName].some(needsSecure)),
    },
    {
      field: 'domain',
      fault: 'forbidden',
      sentence:
        'Browsers drop a cookie whose name begins with __Host- unless it has no domain and the path /: remove domain and path, or rename it',
      cel: '(!has(self.domain) && self.path == "/") || !(self.cookieName.startsWith("__Host-") || (has(self.primaryCookieName) && self.primaryCookieName.startsWith("__Host-")))',
      holds: ({ domain, path, cookieName, primaryCookieName = '' }) =>
        (domain === undefined && path === '/') ||
        !(cookieName.startsWith('__Host-') || primaryCookieName.startsWith('__Host-')),
    },
  ]),
];

const needsSecure = (name: string): boolean => name.startsWith('__Secure-') || name.startsWith('__Host-');
