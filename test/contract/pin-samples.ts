import type { Condition } from '#src/rollout/request-match.ts';
import type { Capabilities } from '#src/traffic/router.ts';
import type { PinSample } from './router-case.ts';
import { aRequest, type SampleRequest } from './sample-request.ts';

type Values = { readonly fit: readonly string[]; readonly others: readonly string[] };

const requestWith = ({ on, name }: Pick<Condition, 'on' | 'name'>, value: string): SampleRequest => {
  if (on === 'query') return aRequest({ query: { [name]: value } });
  if (on === 'header') return aRequest({ headers: { [name]: value } });
  return aRequest({ headers: { cookie: `session=1; ${name}=${value}; theme=dark` } });
};

/** One condition alone, tried with values that must fit and values that must not; the request without it never does. */
const alone = (condition: Condition, { fit, others }: Values): PinSample => ({
  pinned: [[condition]],
  fit: fit.map((value) => requestWith(condition, value)),
  others: [
    aRequest(),
    ...others.map((value) => requestWith(condition, value)),
    ...fit.map((value) => requestWith({ ...condition, name: `${condition.name}-too` }, value)),
  ],
});

const insider: Condition = { on: 'header', name: 'x-canary', op: 'exact', value: 'insider' };
const always: Condition = { on: 'cookie', name: 'canary', op: 'exact', value: 'always' };
const beta: Condition = { on: 'header', name: 'x-group', op: 'exact', value: 'beta' };
const cookies = (cookie: string): SampleRequest => aRequest({ headers: { cookie } });

/** Pins of every kind with requests to try them with; the first is the one that every plane with pins has. */
const PIN_SAMPLES: readonly PinSample[] = [
  alone(insider, { fit: ['insider'], others: ['', 'outsider', 'insiders', 'an insider', 'INSIDER'] }),
  alone(
    { on: 'header', name: 'x-version', op: 'exact', value: 'v1.2+(b)' },
    { fit: ['v1.2+(b)'], others: ['v1x2+(b)', 'v1.22b', 'v1.2+(b)c'] },
  ),
  alone(
    { on: 'header', name: 'x-canary', op: 'prefix', value: 'in.' },
    { fit: ['in.', 'in.side'], others: ['inside', 'xin.', 'in'] },
  ),
  alone(
    { on: 'header', name: 'x-canary', op: 'regex', value: 'in(sider|vited)|b[0-9]+' },
    { fit: ['insider', 'invited', 'b12'], others: ['insiders', 'xinvited', 'b12x', 'ab1'] },
  ),
  alone(always, { fit: ['always'], others: ['sometimes', 'always1', 'xalways'] }),
  {
    pinned: [[always]],
    fit: [cookies('canary=always'), cookies('canary=always; a=b'), cookies('a=b; canary=always')],
    others: [cookies('xcanary=always'), cookies('a=canary=always'), cookies('a=b'), cookies('canary')],
  },
  alone(
    { on: 'cookie', name: 'version', op: 'exact', value: 'v1.2' },
    { fit: ['v1.2'], others: ['v1x2', 'v1.2.3', 'v1'] },
  ),
  alone({ on: 'cookie', name: 'group', op: 'prefix', value: 'b.' }, { fit: ['b.', 'b.1'], others: ['b', 'bx', 'ab.'] }),
  alone(
    { on: 'cookie', name: 'group', op: 'regex', value: 'b[0-9]+|beta' },
    { fit: ['b1', 'b12', 'beta'], others: ['b', 'b1x', 'betas', 'xbeta'] },
  ),
  // What the regular expression matches stays within the one cookie.
  alone({ on: 'cookie', name: 'group', op: 'regex', value: 'b.*k' }, { fit: ['bk', 'black'], others: ['blue', 'b'] }),
  alone(
    { on: 'query', name: 'version', op: 'exact', value: 'next' },
    { fit: ['next'], others: ['nexts', 'anext', ''] },
  ),
  alone({ on: 'query', name: 'version', op: 'prefix', value: '2.' }, { fit: ['2.', '2.1'], others: ['21', '12.'] }),
  alone(
    { on: 'query', name: 'version', op: 'regex', value: '[0-9]+|next' },
    { fit: ['12', 'next'], others: ['12a', 'nexts', 'anext'] },
  ),
  {
    pinned: [[insider], [always]],
    fit: [requestWith(insider, 'insider'), cookies('canary=always')],
    others: [requestWith(insider, 'other'), cookies('canary=yes')],
  },
  {
    pinned: [[insider], [beta]],
    fit: [requestWith(insider, 'insider'), requestWith(beta, 'beta')],
    others: [requestWith(insider, 'beta'), requestWith(beta, 'insider')],
  },
  {
    pinned: [[insider, beta]],
    fit: [aRequest({ method: 'POST', headers: { 'x-canary': 'insider', 'x-group': 'beta' } })],
    others: [requestWith(insider, 'insider'), requestWith(beta, 'beta')],
  },
  {
    pinned: [
      [insider, always],
      [beta, { on: 'query', name: 'version', op: 'exact', value: 'next' }],
    ],
    fit: [
      aRequest({ headers: { 'x-canary': 'insider', cookie: 'canary=always' } }),
      aRequest({ headers: { 'x-group': 'beta' }, query: { version: 'next' } }),
    ],
    others: [requestWith(insider, 'insider'), cookies('canary=always'), aRequest({ query: { version: 'next' } })],
  },
];

/** The samples that a plane with these capabilities has. */
export const pinSamples = ({ pins, pinLimits }: Pick<Capabilities, 'pins' | 'pinLimits'>): readonly PinSample[] =>
  PIN_SAMPLES.filter(
    ({ pinned }) =>
      pinned.flat().every(({ on, op }) => pins[on].includes(op)) &&
      pinned.length <= (pinLimits?.matches ?? pinned.length) &&
      pinned.every((match) => match.length <= (pinLimits?.conditions ?? match.length)),
  );
