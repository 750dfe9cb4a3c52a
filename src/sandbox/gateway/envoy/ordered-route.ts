import { textAnswer } from '../../network/http.ts';
import type { Passage } from '../data-plane.ts';
import type { ParsedRequest } from '../request-match.ts';

/** One of a list of routes, of which the first that fits a request leads it. */
export type OrderedRoute = {
  readonly fits: (request: ParsedRequest) => boolean;
  readonly lead: (request: ParsedRequest) => Passage;
};

/** A route asks for something that the sandbox's gateway does not do. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

/** The route that `compile` makes; one that answers every request with what is not supported, rather than guess. */
export const routeOrWords = (compile: () => OrderedRoute): OrderedRoute => {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    const answer = textAnswer(500, `The sandbox's gateway does not support ${error.message}\n`);
    return { fits: () => true, lead: () => ({ type: 'answer', answer }) };
  }
};

/** Where the first route that fits leads the request; undefined when none fits. */
export const leadBy = (routes: readonly OrderedRoute[], request: ParsedRequest): Passage | undefined =>
  routes.find((route) => route.fits(request))?.lead(request);
