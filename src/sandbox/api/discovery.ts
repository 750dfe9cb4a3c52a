import type { Registry } from './registry.ts';
import type { ServedResource } from './resources.ts';

const VERSION = { major: '1', minor: '36', gitVersion: 'v1.36.0-serin-sandbox', platform: 'sandbox' };

/** The answer to a path that asks about the API itself; undefined for a path to objects. */
export const discover = (path: string, registry: Registry): unknown => {
  if (path === '/version') return VERSION;
  if (path === '/readyz' || path === '/healthz' || path === '/livez') return 'ok';
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  const resources = registry.all();
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(resources) };
  const [, root, ...rest] = path.split('/');
  const groupVersion = root === 'api' ? ['', rest[0]] : rest;
  if ((root !== 'api' && root !== 'apis') || rest.length !== (root === 'api' ? 1 : 2)) return undefined;
  const [group, version] = groupVersion;
  const served = resources.filter((resource) => resource.group === group && resource.version === version);
  return served.length === 0
    ? undefined
    : { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: rest.join('/'), resources: served.flatMap(describe) };
};

const groupsOf = (resources: readonly ServedResource[]): readonly unknown[] => {
  const names = [...new Set(resources.map(({ group }) => group))].filter((group) => group !== '').sort();
  return names.map((name) => {
    const versions = [...new Set(resources.filter(({ group }) => group === name).map(({ version }) => version))].sort();
    const described = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions: described, preferredVersion: described[0] };
  });
};

const describe = ({ plural, kind, namespaced, status }: ServedResource): readonly unknown[] => {
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
  const whole = { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs };
  const sub = { name: `${plural}/status`, singularName: '', namespaced, kind, verbs: ['get', 'patch', 'update'] };
  return status ? [whole, sub] : [whole];
};
