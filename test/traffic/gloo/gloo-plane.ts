import assert from 'node:assert/strict';
import type { JsonRecord } from '#src/lib/json.ts';
import { at, listAt, numberAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { Traffic } from '#test/contract/router-case.ts';
import { aRequest, type SampleRequest } from '#test/contract/sample-request.ts';
import { crdSchema, violations } from '#test/fixtures/structural-schema.ts';
import type { RouteWorld } from '#test/traffic/route-world.ts';

const SCHEMAS: Readonly<Record<string, JsonRecord>> = {
  RouteTable: crdSchema('../traffic/gloo/routetables.gateway.solo.io.yaml'),
  Upstream: crdSchema('../traffic/gloo/upstreams.gloo.solo.io.yaml'),
};

/** Holds objects against the real CRDs, as Gloo's own answer at once: it accepts them. */
export const admitted = (object: KubeObject): KubeObject => {
  const schema = SCHEMAS[object.kind];
  if (schema === undefined) return object;
  assert.deepEqual(violations(recordAt(schema, 'properties', 'spec'), object['spec'], 'spec'), []);
  return { ...object, status: { statuses: { 'gloo-system': { state: 'Accepted', reportedBy: 'gloo' } } } };
};

const compares = (matcher: unknown, given: string | undefined): boolean => {
  const value = stringAt(matcher, 'value') ?? '';
  const isRegex = at(matcher, 'regex') === true;
  // An empty value asks only that the name is there.
  const fits =
    given !== undefined && (value === '' || (isRegex ? new RegExp(`^(?:${value})$`).test(given) : given === value));
  return fits !== (at(matcher, 'invertMatch') === true);
};

const fits = (matcher: unknown, { request, path }: { request: SampleRequest; path: string }): boolean => {
  const [exact, prefix, regex] = ['exact', 'prefix', 'regex'].map((type) => stringAt(matcher, type));
  const methods = listAt(matcher, 'methods');
  return (
    (exact === undefined || path === exact) &&
    (prefix === undefined || path.startsWith(prefix)) &&
    (regex === undefined || new RegExp(`^(?:${regex})$`).test(path)) &&
    (methods.length === 0 || methods.includes(request.method)) &&
    listAt(matcher, 'headers').every((it) =>
      compares(it, request.headers[(stringAt(it, 'name') ?? '').toLowerCase()]),
    ) &&
    listAt(matcher, 'queryParameters').every((it) => compares(it, request.query[stringAt(it, 'name') ?? '']))
  );
};

/** The Service that an Upstream leads to; an Upstream that is not there leads nowhere. */
const serviceOf = (world: RouteWorld, destination: unknown): string | undefined => {
  const [name = '', namespace = ''] = ['name', 'namespace'].map((field) => stringAt(destination, 'upstream', field));
  const found = world.get({ apiVersion: 'gloo.solo.io/v1', kind: 'Upstream', namespace, name });
  return stringAt(found, 'spec', 'kube', 'serviceName');
};

const TABLE = { apiVersion: 'gateway.solo.io/v1', kind: 'RouteTable', namespace: 'shop' };

const NOTHING: Traffic = { primary: 0, canary: 0, other: {}, mirrored: 0 };

/**
 * What Gloo makes of a request to each of the paths: the first route of the RouteTable takes it of which a matcher fits,
 * or that has none; weights are relative. Before there is a RouteTable all is the apex's.
 */
export const glooTraffic =
  (...paths: readonly string[]) =>
  (world: RouteWorld, request: SampleRequest = aRequest()): readonly Traffic[] =>
    paths.map((path): Traffic => {
      const table = world.get({ ...TABLE, name: 'podinfo' });
      if (table === undefined) return { ...NOTHING, primary: 100 };
      const route = listAt(table, 'spec', 'routes').find((it) => {
        const matchers = listAt(it, 'matchers');
        return matchers.length === 0 || matchers.some((matcher) => fits(matcher, { request, path }));
      });
      const single = at(route, 'routeAction', 'single');
      const destinations =
        single === undefined
          ? listAt(route, 'routeAction', 'multi', 'destinations')
          : [{ destination: single, weight: 1 }];
      const weightOf = (it: unknown): number => numberAt(it, 'weight') ?? 0;
      const total = destinations.reduce<number>((sum, it) => sum + weightOf(it), 0);
      const share = (service: string): number =>
        destinations
          .filter((it) => serviceOf(world, at(it, 'destination')) === service)
          .reduce<number>((sum, it) => sum + (weightOf(it) * 100) / total, 0);
      const setBy = (service: string): string | undefined =>
        destinations
          .filter((it) => serviceOf(world, at(it, 'destination')) === service)
          .flatMap((it) => listAt(it, 'options', 'headerManipulation', 'responseHeadersToAdd'))
          .flatMap((it) => (stringAt(it, 'header', 'key') === 'set-cookie' ? [stringAt(it, 'header', 'value')] : []))
          .at(0);
      const sets = { primary: setBy('podinfo-primary'), canary: setBy('podinfo-canary') };
      const shadowing = at(route, 'options', 'shadowing');
      const isCopied = serviceOf(world, shadowing) === 'podinfo-canary';
      return {
        primary: share('podinfo-primary'),
        canary: share('podinfo-canary'),
        other: {},
        ...(sets.primary === undefined && sets.canary === undefined ? {} : { sets }),
        mirrored: isCopied ? (numberAt(shadowing, 'percentage') ?? 0) : 0,
      };
    });
