import assert from 'node:assert/strict';
import { isRecord, listAt, numberAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { Traffic } from '#test/contract/router-case.ts';
import { aRequest, type SampleRequest } from '#test/contract/sample-request.ts';
import type { RouteWorld } from '../route-world.ts';

/** Where a request goes: a path of the host of the VirtualService, or a connection to a port. */
export type Place = { readonly uri: string } | { readonly port: number };

const full = (host: string): string => {
  const [name = '', namespace, svc] = host.split('.');
  return namespace === undefined || (namespace === 'shop' && (svc ?? 'svc') === 'svc')
    ? `${name}.shop.svc.cluster.local`
    : host;
};

const isMatched = (match: unknown, value: string | undefined): boolean => {
  const [[op, wanted] = []] = Object.entries(recordAt({ match }, 'match'));
  if (value === undefined) return false;
  if (op === undefined) return true;
  assert.ok(typeof wanted === 'string');
  if (op === 'exact') return value === wanted;
  if (op === 'prefix') return value.startsWith(wanted);
  assert.equal(op, 'regex');
  return new RegExp(`^(?:${wanted})$`).test(value);
};

const KNOWN = ['uri', 'method', 'headers', 'queryParams', 'withoutHeaders', 'gateways', 'name'];

/** Istio's rule for one match of an HTTP route: everything in it must hold. */
const takesRequest = (match: unknown, { uri, request }: { uri: string; request: SampleRequest }): boolean => {
  const unknown = Object.keys(recordAt({ match }, 'match')).filter((field) => !KNOWN.includes(field));
  assert.deepEqual(unknown, [], 'the test does not know such a match');
  const all = (field: string, given: Readonly<Record<string, string>>): boolean =>
    Object.entries(recordAt(match, field)).every(([name, one]) => isMatched(one, given[name]));
  return (
    (recordAt(match)['uri'] === undefined || isMatched(recordAt(match)['uri'], uri)) &&
    (recordAt(match)['method'] === undefined || isMatched(recordAt(match)['method'], request.method)) &&
    all('headers', request.headers) &&
    all('queryParams', request.query) &&
    !Object.entries(recordAt(match, 'withoutHeaders')).some(([name, one]) => isMatched(one, request.headers[name]))
  );
};

const takesConnection = (match: unknown, port: number): boolean => (numberAt(match, 'port') ?? port) === port;

/** The first route that matches, as Istio has it. */
const routeFor = (vs: KubeObject, { place, request }: { place: Place; request: SampleRequest }): unknown => {
  const list = listAt(vs, 'spec', 'port' in place ? 'tcp' : 'http');
  return list.find((route) => {
    const matches = listAt(route, 'match');
    if (matches.length === 0) return true;
    return matches.some((match) =>
      'port' in place ? takesConnection(match, place.port) : takesRequest(match, { uri: place.uri, request }),
    );
  });
};

/** Who answers what goes to a destination: a side, or the host itself. Subsets must exist. */
const answererOf = (world: RouteWorld, destination: unknown): string => {
  const host = full(stringAt(destination, 'host') ?? '');
  const subset = stringAt(destination, 'subset');
  const subsets = world
    .all()
    .filter((object) => object.kind === 'DestinationRule' && full(stringAt(object, 'spec', 'host') ?? '') === host)
    .flatMap((rule) => listAt(rule, 'spec', 'subsets'));
  const found = subsets.find((one) => stringAt(one, 'name') === subset);
  assert.ok(subset === undefined || found !== undefined, `host ${host} has no subset ${subset}: requests fail`);
  const role = stringAt(found, 'labels', 'serin.dev/role');
  if (role !== undefined) return role;
  if (host === full('podinfo') || host === full('podinfo-primary')) return 'primary';
  return host === full('podinfo-canary') ? 'canary' : host;
};

const mirrorsOf = (route: unknown): readonly { to: unknown; percent: number }[] => {
  const { mirror } = recordAt(route);
  const one = isRecord(mirror) ? [{ to: mirror, percent: numberAt(route, 'mirrorPercentage', 'value') ?? 100 }] : [];
  const more = listAt(route, 'mirrors').map((it) => ({
    to: recordAt(it)['destination'],
    percent: numberAt(it, 'percentage', 'value') ?? 100,
  }));
  assert.ok(one.length === 0 || more.length === 0, 'Istio refuses mirror beside mirrors');
  return [...one, ...more];
};

const trafficOf = (world: RouteWorld, route: unknown): Traffic => {
  const destinations = listAt(route, 'route');
  const weight = (entry: unknown): number => (destinations.length === 1 ? 1 : (numberAt(entry, 'weight') ?? 0));
  const total = destinations.reduce<number>((sum, entry) => sum + weight(entry), 0);
  assert.ok(total > 0, 'Istio refuses a route of which every weight is 0');
  const shares: Record<string, number> = {};
  for (const entry of destinations) {
    const who = answererOf(world, recordAt(entry, 'destination'));
    shares[who] = (shares[who] ?? 0) + (weight(entry) * 100) / total;
  }
  const { primary = 0, canary = 0, ...other } = shares;
  const copies = mirrorsOf(route).filter(({ to }) => answererOf(world, to) === 'canary');
  const setBy = (side: string): string | undefined =>
    destinations
      .filter((entry) => answererOf(world, recordAt(entry, 'destination')) === side)
      .map((entry) => stringAt(entry, 'headers', 'response', 'add', 'set-cookie'))
      .find((value) => value !== undefined);
  const sets = { primary: setBy('primary'), canary: setBy('canary') };
  return { primary, canary, other, sets, mirrored: copies.reduce((sum, { percent }) => sum + percent, 0) };
};

/** What a VirtualService makes of a request to each place; before there is one, everything is the primary's. */
export const istioTraffic =
  (name: string, places: readonly Place[]) =>
  (world: RouteWorld, request: SampleRequest = aRequest()): readonly Traffic[] => {
    const vs = world.all().find((object) => object.kind === 'VirtualService' && object.metadata.name === name);
    if (vs === undefined) return places.map(() => ({ primary: 100, canary: 0, other: {}, mirrored: 0 }));
    return places.map((place) => {
      const route = routeFor(vs, { place, request });
      return route === undefined ? { primary: 0, canary: 0, other: {}, mirrored: 0 } : trafficOf(world, route);
    });
  };
