import type { Cancel } from '../lib/clock.ts';

/** One object appeared (`before` undefined), changed, or went (`after` undefined). */
export type Change<T> = {
  /** `namespace/name`, or the name of a cluster-scoped object. */
  readonly key: string;
  readonly before: T | undefined;
  readonly after: T | undefined;
};

/** A cache of one resource as everybody but its reflector sees it. */
export type StoreReader<T, Index extends string = never> = {
  readonly get: (key: string) => T | undefined;
  readonly list: () => readonly T[];
  /** What the index function of that name filed under `value`. */
  readonly byIndex: (name: Index, value: string) => readonly T[];
  readonly size: () => number;
  /** True once the cache has been complete; it stays true. */
  readonly synced: () => boolean;
  /** Called after each change, when the store already shows it. An error of a listener stops neither store nor others. */
  readonly onChange: (listener: (change: Change<T>) => void) => Cancel;
};

/** The same cache as its reflector sees it: the only way to change it. */
export type StoreWriter<T> = {
  readonly set: (key: string, value: T) => void;
  readonly remove: (key: string) => void;
  /** Makes the store hold exactly this. Listeners see it whole, and only what is not the same value as before. */
  readonly replace: (entries: ReadonlyMap<string, T>) => void;
};

/** From an object to the values that it is found by: an owner's uid, a label. */
export type Indexes<T, Index extends string> = Readonly<Record<Index, (value: T) => readonly string[]>>;

/** A store, split into its reading and its writing half. `onListenerError` hears what listeners throw. */
export const createStore = <T, Index extends string>(options: {
  readonly indexes: Indexes<T, Index>;
  readonly onListenerError: (error: unknown) => void;
}): { readonly reader: StoreReader<T, Index>; readonly writer: StoreWriter<T> } => {
  const values = new Map<string, T>();
  const files = Object.entries<(value: T) => readonly string[]>(options.indexes).map(([name, valuesOf]) => ({
    name,
    valuesOf,
    keys: new Map<string, Set<string>>(),
  }));
  const listeners = new Set<(change: Change<T>) => void>();
  let complete = false;

  const file = (key: string, value: T): void => {
    for (const { valuesOf, keys } of files) {
      for (const under of valuesOf(value)) {
        const found = keys.get(under);
        if (found === undefined) keys.set(under, new Set([key]));
        else found.add(key);
      }
    }
  };
  const unfile = (key: string, value: T): void => {
    for (const { valuesOf, keys } of files) {
      for (const under of valuesOf(value)) {
        const found = keys.get(under);
        found?.delete(key);
        if (found?.size === 0) keys.delete(under);
      }
    }
  };
  const write = (key: string, after: T | undefined): Change<T> => {
    const before = values.get(key);
    if (before !== undefined) unfile(key, before);
    if (after === undefined) values.delete(key);
    else {
      values.set(key, after);
      file(key, after);
    }
    return { key, before, after };
  };
  const tell = (change: Change<T>): void => {
    for (const listener of listeners) {
      try {
        listener(change);
      } catch (error) {
        options.onListenerError(error);
      }
    }
  };

  const reader: StoreReader<T, Index> = {
    get: (key) => values.get(key),
    list: () => [...values.values()],
    byIndex: (name, value) => {
      const keys = files.find((index) => index.name === name)?.keys.get(value) ?? [];
      return [...keys].flatMap((key) => values.get(key) ?? []);
    },
    size: () => values.size,
    synced: () => complete,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const writer: StoreWriter<T> = {
    set: (key, value) => tell(write(key, value)),
    remove: (key) => {
      if (values.has(key)) tell(write(key, undefined));
    },
    replace: (entries) => {
      const changes: Change<T>[] = [];
      for (const key of [...values.keys()]) if (!entries.has(key)) changes.push(write(key, undefined));
      for (const [key, value] of entries) if (values.get(key) !== value) changes.push(write(key, value));
      complete = true;
      for (const change of changes) tell(change);
    },
  };
  return { reader, writer };
};
