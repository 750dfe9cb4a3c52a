import type { Exchange } from '../../analysis/prometheus.ts';
import type { Clock } from '../../lib/clock.ts';
import { answerQuery } from './query-api.ts';
import type { SeriesStore } from './series-store.ts';

/** The query API as a function, for `new Prometheus({ exchange })`: no sockets, any address. */
export const prometheusExchange =
  (options: { readonly store: SeriesStore; readonly clock: Clock }): Exchange =>
  async ({ method, url, body }) => {
    const { pathname, searchParams } = new URL(url);
    const params = new URLSearchParams([...searchParams, ...new URLSearchParams(body)]);
    const path = pathname.slice(Math.max(0, pathname.indexOf('/api/v1/')));
    return answerQuery({ method, path, params }, options);
  };
