import type { ClusterEvent } from '../backend.ts';

/** A controller that is told every event and works on its own, later. */
export type EventController = { readonly onEvent: (event: ClusterEvent) => void; readonly stop: () => void };
