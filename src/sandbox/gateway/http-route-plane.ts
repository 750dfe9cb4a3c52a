import type { Random } from '../../lib/random.ts';
import { type HttpAnswer, type HttpRequest, textAnswer } from '../network/http.ts';
import type { BackendRef } from './backend-ref.ts';
import type { DataPlane, Forward, Passage } from './data-plane.ts';
import { inPercent } from './envoy/weighted-chance.ts';
import { changedHeaders } from './header-changes.ts';
import { type HttpRouteEntry, HttpRouteTable } from './http-route-table.ts';
import type { ObjectView } from './object-view.ts';
import type { RouteImplementation } from './route-implementation.ts';

const INVALID: Passage = { type: 'answer', answer: textAnswer(500, 'Internal Server Error\n') };

export type HttpRoutePlaneOptions = {
  readonly view: ObjectView;
  readonly random: Random;
  readonly implementation: RouteImplementation;
};

const asSent = (request: HttpRequest, { request: changes }: BackendRef): HttpRequest =>
  changes.length === 0 ? request : { ...request, headers: changes.reduce(changedHeaders, request.headers) };

/** How the answers of a backend are changed; undefined when they are not. */
const answering = ({ answer: changes }: BackendRef): Forward['respond'] =>
  changes.length === 0
    ? undefined
    : (answer: HttpAnswer) => ({ ...answer, headers: changes.reduce(changedHeaders, answer.headers) });

/** HTTPRoutes, as one implementation of the Gateway API serves them. */
export const httpRoutePlane = ({ view, random, implementation }: HttpRoutePlaneOptions): DataPlane => {
  const { controllerName, mirrors, failures, choose, count, countCopy } = implementation;
  const routes = new HttpRouteTable({ view, controllerName, mirrors, choose });

  const copiesOf = (entry: HttpRouteEntry, request: HttpRequest): readonly Forward[] =>
    entry.mirrors.flatMap(({ backend, percent }): readonly Forward[] => {
      if (backend.problem !== undefined || !inPercent(percent, random)) return [];
      const counted = { target: backend.target, metricName: '' };
      // As Envoy marks a copy.
      const copy = { ...request, host: `${request.host}-shadow` };
      return [{ target: backend.target, request: copy, count: (outcome) => countCopy(counted, outcome) }];
    });

  return {
    changed: (kind, object) => routes.changed(kind, object),
    find: (parsed) => {
      const entry = routes.find(parsed);
      if (entry === undefined) return undefined;
      const backend = entry.next();
      if (backend === undefined || backend.problem !== undefined) return INVALID;
      const counted = { target: backend.target, metricName: entry.metricName(backend) };
      return {
        type: 'forward',
        target: backend.target,
        request: asSent(parsed.request, backend),
        failures,
        copies: copiesOf(entry, parsed.request),
        respond: answering(backend),
        count: (outcome) => count(counted, outcome),
      };
    },
  };
};
