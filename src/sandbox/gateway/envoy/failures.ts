import { textAnswer } from '../../network/http.ts';
import type { Failures, Passage } from '../data-plane.ts';

/** What Envoy says when a cluster has no healthy host, cannot be reached, or is not there at all. */
export const ENVOY_FAILURES: Failures = {
  missing: textAnswer(503, ''),
  none: textAnswer(503, 'no healthy upstream'),
  lost: textAnswer(
    503,
    'upstream connect error or disconnect/reset before headers. reset reason: connection termination',
  ),
};

/** No route of the host takes the request. */
export const NO_ROUTE: Passage = { type: 'answer', answer: textAnswer(404, '') };
/** A route to a cluster that does not exist. */
export const NO_CLUSTER: Passage = { type: 'answer', answer: ENVOY_FAILURES.missing };
