import { z } from 'zod';

/** xDS type of HTTP routes. */
const ROUTES = 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration';

/**
 * What istiod's `/debug/syncz` says of each connected proxy (istio 1.31, pilot/pkg/xds/debug.go, SyncStatus): by xDS
 * type the nonce that was sent last, when, and the one that the proxy has acknowledged.
 */
const syncStatus = z.array(
  z.object({
    proxy: z.string(),
    resources: z
      .record(
        z.string(),
        z.object({
          sent: z.string().default(''),
          acked: z.string().default(''),
          sentTime: z.string().default(''),
          lastError: z.string().default(''),
        }),
      )
      .default({}),
  }),
);

/** What can be said of the proxies' routes. */
export type SyncVerdict = {
  readonly verdict: 'programmed' | 'pending' | 'rejected';
  readonly detail: string;
};

const list = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;

/**
 * Whether the routes that istiod has sent since `since` (ms, by istiod's clock) have been taken: by every proxy to which
 * it has sent any, and by at least one. Proxies to which nothing was sent are not concerned, or are told later: so this
 * says that the change is on its way and nobody has refused it. Throws a ZodError for another shape than istiod's.
 */
export const syncVerdict = (body: unknown, since: number): SyncVerdict => {
  const routed = syncStatus.parse(body).flatMap(({ proxy, resources }) => {
    const routes = resources[ROUTES];
    return routes === undefined || !(Date.parse(routes.sentTime) >= since) ? [] : [{ proxy, ...routes }];
  });
  const refusing = routed.filter(({ lastError }) => lastError !== '');
  const [first] = refusing;
  if (first !== undefined) {
    return { verdict: 'rejected', detail: `proxy ${first.proxy} has refused the routes: ${first.lastError}` };
  }
  const waiting = routed.filter(({ sent, acked }) => sent !== acked);
  if (waiting.length > 0) {
    return { verdict: 'pending', detail: `not taken yet by ${list(waiting.map(({ proxy }) => proxy))}` };
  }
  if (routed.length === 0) return { verdict: 'pending', detail: 'istiod has sent no routes since the weight was set' };
  return { verdict: 'programmed', detail: `istiod: ${list(routed.map(({ proxy }) => proxy))} have taken the routes` };
};
