import { groupVersionOf, kindKeyOf, type ServedResource } from './resources.ts';

/** The kinds that are served, by object and by path. One version per kind. */
export class Registry {
  readonly #byKind = new Map<string, ServedResource>();
  readonly #byPath = new Map<string, ServedResource>();

  constructor(resources: readonly ServedResource[]) {
    for (const resource of resources) this.add(resource);
  }

  add(resource: ServedResource): void {
    this.#byKind.set(kindKeyOf(resource), resource);
    this.#byPath.set(`${resource.group}/${resource.version}/${resource.plural}`, resource);
  }

  all(): readonly ServedResource[] {
    return [...this.#byKind.values()];
  }

  /** The kind of an object or reference, if this version of it is served. */
  ofKind({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): ServedResource | undefined {
    const { group, version } = groupVersionOf(apiVersion);
    const found = this.#byKind.get(kindKeyOf({ group, kind }));
    return found?.version === version ? found : undefined;
  }

  /** The kind of an owner: any version names it. */
  ofOwner({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): ServedResource | undefined {
    return this.#byKind.get(kindKeyOf({ group: groupVersionOf(apiVersion).group, kind }));
  }

  ofPath({ group, version }: { group: string; version: string }, plural: string): ServedResource | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`);
  }
}
