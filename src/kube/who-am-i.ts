import type { Clock } from '../lib/clock.ts';
import { stringAt } from '../lib/json.ts';
import type { Resource } from '../lib/kube-object.ts';
import { errorOfAnswer, errorOfFailure, type KubeCall, KubeError } from './kube-error.ts';
import { pathOf } from './resources.ts';
import type { Transport } from './transport.ts';
import { withinDeadline } from './within-deadline.ts';

const REVIEW: Resource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  namespaced: false,
};
const TIMEOUT_MS = 15_000;

/** The user that the API server takes the caller for; it answers everybody about himself. Rejects with KubeError. */
export const whoAmI = async (transport: Transport, { clock }: { readonly clock: Clock }): Promise<string> => {
  const call: KubeCall = { verb: 'create', resource: REVIEW, path: pathOf(REVIEW) };
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const request = { method: 'POST', path: call.path, contentType: 'application/json', body } as const;
  const answer = await withinDeadline((signal) => transport.request({ ...request, signal }), {
    clock,
    ms: TIMEOUT_MS,
    signal: undefined,
  }).catch((cause) => {
    throw errorOfFailure(call, 'Unreachable', cause);
  });
  if (answer.status > 299) throw errorOfAnswer(call, answer);
  const user = stringAt(answer.body, 'status', 'userInfo', 'username');
  if (user === undefined) throw new KubeError(call, 'the answer names no user', { kind: 'Unexpected', status: 200 });
  return user;
};
