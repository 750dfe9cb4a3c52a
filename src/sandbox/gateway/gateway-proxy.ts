import type { Clock } from '../../lib/clock.ts';
import { ConnectionError, type HttpAnswer, type HttpRequest, textAnswer } from '../network/http.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { DataPlane, Failures, Forward } from './data-plane.ts';
import { parseRequest } from './request-match.ts';
import type { ServiceEndpoints } from './service-endpoints.ts';

export type GatewayProxyOptions = {
  readonly clock: Clock;
  readonly network: PodNetwork;
  readonly endpoints: ServiceEndpoints;
  /** Asked in this order; the first that takes a request leads it. */
  readonly planes: readonly DataPlane[];
};

const NOT_FOUND = textAnswer(404, '404 page not found\n');

/** Carries requests to pods by what the planes say; retries nothing. */
export const createGatewayProxy = (options: GatewayProxyOptions): ((request: HttpRequest) => Promise<HttpAnswer>) => {
  const { clock, network, endpoints, planes } = options;

  const forward = async ({ target, request, count, respond }: Forward, failures: Failures): Promise<HttpAnswer> => {
    const begun = clock.monotonic();
    const endpoint = endpoints.pick(target);
    const { method } = request;
    if (endpoint === 'missing' || endpoint === 'none') {
      count({ method, status: failures[endpoint].status, seconds: 0, endpoint: undefined, answered: false });
      return failures[endpoint];
    }
    const answer = await network.send(endpoint, request).catch((error: unknown) => {
      if (error instanceof ConnectionError) return undefined;
      throw error;
    });
    const { status } = answer ?? failures.lost;
    const seconds = (clock.monotonic() - begun) / 1000;
    count({ method, status, seconds, endpoint, answered: answer !== undefined });
    if (answer === undefined) return failures.lost;
    return respond?.(answer) ?? answer;
  };

  return async (request) => {
    const parsed = parseRequest(request);
    for (const plane of planes) {
      const passage = plane.find(parsed);
      if (passage === undefined) continue;
      if (passage.type === 'answer') return passage.answer;
      for (const copy of passage.copies ?? []) void forward(copy, passage.failures);
      return forward(passage, passage.failures);
    }
    return NOT_FOUND;
  };
};
