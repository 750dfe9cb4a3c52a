import type { Cancel, Clock } from '../../lib/clock.ts';
import { withField } from './kube-json.ts';
import type { Registry } from './registry.ts';
import type { ServedResource } from './resources.ts';
import type { Store } from './store.ts';
import type { Writer } from './writer.ts';

type Dependencies = {
  readonly store: Store;
  readonly writer: Writer;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly namespaces: ServedResource;
};

/** How long after a change the controller looks. */
const DELAY_MS = 10;

/** Empties namespaces that are being deleted and lets them go when nothing is left in them. */
export const startNamespaceController = ({ store, writer, registry, clock, namespaces }: Dependencies): Cancel => {
  let due = new Set<string>();
  let cancel: Cancel | undefined;

  const work = (): void => {
    cancel = undefined;
    const names = due;
    due = new Set();
    for (const name of names) {
      const namespace = store.get(namespaces, { name });
      if (namespace?.metadata.deletionTimestamp === undefined) continue;
      const kinds = registry.all().filter(({ namespaced }) => namespaced);
      for (const kind of kinds) for (const object of store.list(kind, name)) writer.remove(kind, object);
      const empty = kinds.every((kind) => store.list(kind, name).length === 0);
      if (empty) writer.settle(namespaces, withField(namespace, 'spec', {}));
    }
  };

  const stop = store.listen(({ resource, object }) => {
    const name = resource === namespaces ? object.metadata.name : object.metadata.namespace;
    if (name === undefined || store.get(namespaces, { name })?.metadata.deletionTimestamp === undefined) return;
    due.add(name);
    cancel ??= clock.after(DELAY_MS, work);
  });
  return () => {
    stop();
    cancel?.();
  };
};
