import { listAt, stringAt, stringsAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { Traffic } from '#test/contract/router-case.ts';
import { aRequest, type SampleRequest } from '#test/contract/sample-request.ts';
import type { RouteWorld } from './route-world.ts';

type Place = { readonly place: string; readonly service: string };

const placesOf = (ingress: KubeObject): readonly Place[] =>
  listAt(ingress, 'spec', 'rules').flatMap((rule) =>
    listAt(rule, 'http', 'paths').map((path) => ({
      place: `${stringAt(rule, 'host')}${stringAt(path, 'path')}`,
      service: stringAt(path, 'backend', 'service', 'name') ?? '',
    })),
  );

const setting = (ingress: KubeObject, name: string): string =>
  stringsAt(ingress, 'metadata', 'annotations')[`nginx.ingress.kubernetes.io/${name}`] ?? '';

const isCanary = (ingress: KubeObject): boolean => setting(ingress, 'canary') === 'true';

const cookieOf = ({ headers }: SampleRequest, name: string): string | undefined =>
  (headers['cookie'] ?? '')
    .split(/; */)
    .map((cookie) => cookie.split('='))
    .find(([key]) => key === name)
    ?.slice(1)
    .join('=');

/** Percent of such requests that a canary Ingress takes: by its header, else by its cookie, else by its weight. */
const shareOf = (canary: KubeObject, request: SampleRequest): number => {
  const given = request.headers[setting(canary, 'canary-by-header').toLowerCase()];
  const [value, pattern] = [setting(canary, 'canary-by-header-value'), setting(canary, 'canary-by-header-pattern')];
  if (given !== undefined) {
    if (value !== '') {
      if (given === value) return 100;
    } else if (pattern !== '') {
      if (new RegExp(pattern).test(given)) return 100;
    } else if (given === 'always') return 100;
    else if (given === 'never') return 0;
  }
  const cookie = setting(canary, 'canary-by-cookie');
  const said = cookie === '' ? undefined : cookieOf(request, cookie);
  if (said === 'always') return 100;
  if (said === 'never') return 0;
  return Number(setting(canary, 'canary-weight'));
};

/**
 * Shares by ingress-nginx's rules, for each host and path to the apex: a canary Ingress counts if its class is the
 * plane's and it has the same places.
 */
export const ingressTraffic = (world: RouteWorld, request = aRequest()): readonly Traffic[] => {
  const served = world.all().filter((object) => stringAt(object, 'spec', 'ingressClassName') === 'nginx');
  const canaries = served.filter(isCanary);
  return served
    .filter((ingress) => !isCanary(ingress))
    .flatMap(placesOf)
    .filter(({ service }) => service === 'podinfo')
    .map(({ place }) => {
      const leads = (other: Place): boolean => other.place === place && other.service === 'podinfo-canary';
      const canary = canaries.find((ingress) => placesOf(ingress).some(leads));
      const share = canary === undefined ? 0 : shareOf(canary, request);
      return { primary: 100 - share, canary: share, other: {} };
    });
};
