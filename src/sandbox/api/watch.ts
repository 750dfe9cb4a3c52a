import type { Cancel, Clock } from '../../lib/clock.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { EventQueue } from './event-queue.ts';
import { withMetadata } from './kube-json.ts';
import { parseRevision } from './paging.ts';
import { bookmarkOf, type Representation, represent } from './representation.ts';
import type { ServedResource } from './resources.ts';
import type { Selector } from './selectors.ts';
import { ApiError, invalid } from './status.ts';
import type { Change, Store } from './store.ts';

type WatchRequest = {
  readonly resource: ServedResource;
  readonly namespace?: string | undefined;
  readonly selector: Selector | undefined;
  readonly representation: Representation;
  readonly query: Readonly<Record<string, string>>;
};

type WatchDependencies = { readonly store: Store; readonly clock: Clock; readonly bookmarkEveryMs: number };

/** An open watch: JSON events until the server ends it or `close` is called; either is told to `onClose`. */
export type Watch = {
  readonly events: AsyncIterable<unknown>;
  readonly close: () => void;
  readonly onClose: (run: () => void) => void;
};

/**
 * Opens a watch. From a revision: what has changed since. Without one, or from 0: first what there is. A revision that
 * is forgotten gives one ERROR event with status 410, as the watch cache of a real API server does.
 */
export const openWatch = ({ store, clock, bookmarkEveryMs }: WatchDependencies, request: WatchRequest): Watch => {
  const { resource, representation, query } = request;
  if (query['sendInitialEvents'] !== undefined) {
    const message = 'Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
    const subject = { group: 'meta.k8s.io', kind: 'ListOptions', name: '' };
    throw invalid(subject, [{ field: 'sendInitialEvents', message, reason: 'FieldValueForbidden' }]);
  }
  const stops: Cancel[] = [];
  const close = (): void => {
    for (const stop of stops.splice(0)) stop();
    queue.end();
  };
  const queue = new EventQueue<unknown>(close);
  const watch = { events: queue, close, onClose: (run: () => void): void => void stops.push(run) };
  const show = (change: Change): void => {
    const event = eventFor(change, request);
    if (event !== undefined) queue.push({ type: event.type, object: represent(event.object, representation) });
  };
  const from = store.revision;
  /** As long as nothing has happened there is none: it would say what the client knows. */
  const bookmark = (): void => {
    if (store.revision <= from) return;
    queue.push({ type: 'BOOKMARK', object: bookmarkOf(resource, store.revision, representation) });
  };
  const wantsBookmarks = query['allowWatchBookmarks'] === 'true';

  try {
    for (const change of changesFrom(store, request)) show(change);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status.code !== 410) throw error;
    queue.push({ type: 'ERROR', object: error.status });
    queue.end();
    return watch;
  }
  stops.push(store.listen(show));
  if (wantsBookmarks) stops.push(repeat(clock, bookmarkEveryMs, bookmark));
  const timeout = Number(query['timeoutSeconds'] ?? 0);
  if (timeout > 0) {
    stops.push(
      clock.after(timeout * 1000, () => {
        if (wantsBookmarks) bookmark();
        close();
      }),
    );
  }
  return watch;
};

/** The revision to start from; 0 for what there is. */
const startOf = ({ query }: WatchRequest): number => parseRevision(query['resourceVersion'] || '0');

const changesFrom = (store: Store, request: WatchRequest): readonly Change[] => {
  const { resource, namespace } = request;
  const revision = startOf(request);
  if (revision > 0) return store.since(revision);
  const added = (object: KubeObject): Change => ({ type: 'ADDED', resource, object, revision: store.revision });
  return store.list(resource, namespace).map(added);
};

/** The change as this watch sees it: what moves into its selection is ADDED, what moves out is DELETED. */
const eventFor = (
  { type, resource, object, previous }: Change,
  request: WatchRequest,
): { readonly type: Change['type']; readonly object: KubeObject } | undefined => {
  const { namespace, selector } = request;
  if (resource !== request.resource || (namespace !== undefined && object.metadata.namespace !== namespace))
    return undefined;
  if (selector === undefined) return { type, object };
  const was = previous !== undefined && selector(previous);
  const is = type !== 'DELETED' && selector(object);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object };
  if (!was) return undefined;
  // What left the selection is shown as it was last selected, with the revision of the change that took it out.
  const { resourceVersion } = object.metadata;
  return { type: 'DELETED', object: type === 'DELETED' ? object : withMetadata(previous, { resourceVersion }) };
};

const repeat = (clock: Clock, everyMs: number, run: () => void): Cancel => {
  let cancel = clock.after(everyMs, function again() {
    run();
    cancel = clock.after(everyMs, again);
  });
  return () => cancel();
};
