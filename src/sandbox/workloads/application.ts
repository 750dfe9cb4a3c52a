import type { Clock } from '../../lib/clock.ts';
import { sleep } from '../../lib/sleep.ts';
import { type HttpAnswer, type HttpHandler, VERSION_HEADER } from '../network/http.ts';
import { EXPOSITION_TYPE, MetricRegistry } from '../network/metric-registry.ts';
import type { ImageBehaviour } from './image-catalogue.ts';

export type ApplicationOptions = {
  /** Asked for every request, so that a version can turn bad while it runs. */
  readonly behaviour: () => ImageBehaviour;
  readonly clock: Clock;
};

const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a client that wants a slow answer asks for, in milliseconds: `/slow?ms=3000`. */
const askedMs = (path: string): number => Number(/^\/slow\?ms=(\d+)$/.exec(path)?.[1] ?? 0);

/**
 * The program inside a container: answers every path with its version, as slowly and as often wrongly as its
 * behaviour says, and `/metrics` with its own counters. Probes and scrapes are not counted.
 */
export const createApplication = ({ behaviour, clock }: ApplicationOptions): HttpHandler => {
  const registry = new MetricRegistry();
  const requests = registry.counter('http_requests_total', 'Requests answered.');
  const durations = registry.histogram('http_request_duration_seconds', 'Time to answer.', DURATION_BUCKETS);

  let owed = 0;

  return async (request): Promise<HttpAnswer> => {
    const { version = '', errorRate = 0, latencyMs = 0 } = behaviour();
    const headers = { 'content-type': 'application/json', [VERSION_HEADER]: version };
    const path = request.path.split('?')[0];
    if (path === '/metrics') {
      return { status: 200, headers: { ...headers, 'content-type': EXPOSITION_TYPE }, body: registry.text() };
    }
    if (path === '/healthz' || path === '/readyz') return { status: 200, headers, body: '{"status":"ok"}\n' };
    const begun = clock.monotonic();
    // Spread evenly and not by chance, so that a rate of 0.5 fails every second request.
    owed += errorRate;
    const status = owed >= 1 ? 500 : 200;
    if (owed >= 1) owed -= 1;
    const answerMs = latencyMs + askedMs(request.path);
    if (answerMs > 0) await sleep(clock, answerMs);
    requests.add({ code: String(status) });
    durations.observe({}, (clock.monotonic() - begun) / 1000);
    return { status, headers, body: `${JSON.stringify({ version, status })}\n` };
  };
};
