import type { RouteView } from '#src/rollout/observed.ts';

/** How long the plane takes to accept a change. */
export const ACCEPT_MS = 200;

export type WorldRoute = {
  readonly weight: number;
  readonly stamp: string | undefined;
  readonly changedAt: number;
  /** Last written by somebody else. */
  readonly foreign: boolean;
  /** Changed by somebody else beside its weight. */
  readonly touched: boolean;
};

/** Accepts routes a little after they are written; remembers since when, as the controller's memory does. */
export class WorldGateway {
  #accepted: { readonly weight: number; readonly since: number } | undefined;

  /** The controller has started again. */
  forget(): void {
    this.#accepted = undefined;
  }

  view(route: WorldRoute | undefined, { seenAt, now }: { readonly seenAt: number; readonly now: number }): RouteView {
    if (route === undefined) {
      return { exists: false, current: false, acceptance: 'pending', detail: 'no route', since: now };
    }
    const { weight, stamp, changedAt, foreign, touched } = route;
    const accepted = seenAt >= changedAt + ACCEPT_MS;
    if (!accepted) this.#accepted = undefined;
    else if (this.#accepted?.weight !== weight) this.#accepted = { weight, since: now };
    return {
      exists: true,
      canaryWeight: weight,
      ...(stamp === undefined ? {} : { stamp }),
      current: !touched,
      acceptance: accepted ? 'accepted' : 'pending',
      detail: '',
      since: this.#accepted?.since ?? now,
      ...(foreign ? { foreignManager: 'kubectl' } : {}),
    };
  }
}
