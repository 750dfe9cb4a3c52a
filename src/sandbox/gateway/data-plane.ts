import type { KubeObject } from '../../lib/kube-object.ts';
import type { HttpAnswer, HttpRequest } from '../network/http.ts';
import type { GatewayKind } from './object-view.ts';
import type { ParsedRequest } from './request-match.ts';
import type { Endpoint, Target } from './service-endpoints.ts';

/** What came of a request that was on its way to pods. */
export type Outcome = {
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
  /** The pod that was asked; undefined when none was ready. */
  readonly endpoint: Endpoint | undefined;
  /** False when the status is the gateway's own: nobody was asked, or the connection broke. */
  readonly answered: boolean;
};

/** One request on its way to the pods of a target. */
export type Forward = {
  readonly target: Target;
  /** As the pod gets it. */
  readonly request: HttpRequest;
  readonly count: (outcome: Outcome) => void;
  /** What the client gets of the pod's answer, where that is not all the same; not of what the plane says itself. */
  readonly respond?: ((answer: HttpAnswer) => HttpAnswer) | undefined;
};

/** What a data plane says itself when it gets no answer from a pod. */
export type Failures = {
  /** The Service or its port does not exist. */
  readonly missing: HttpAnswer;
  /** No pod is ready. */
  readonly none: HttpAnswer;
  /** The connection was refused or broke. */
  readonly lost: HttpAnswer;
};

/** Where a data plane leads one request. */
export type Passage =
  | { readonly type: 'answer'; readonly answer: HttpAnswer }
  | (Forward & {
      readonly type: 'forward';
      readonly failures: Failures;
      /** Copies of it, whose answers nobody gets. */
      readonly copies?: readonly Forward[];
    });

/** One way to say where requests go: the routes of one project, compiled from the objects of a view. */
export type DataPlane = {
  /** Must be told everything that has changed in the view. */
  readonly changed: (kind: GatewayKind, object: KubeObject) => void;
  /** Undefined when none of its routes takes the request. */
  readonly find: (request: ParsedRequest) => Passage | undefined;
};
