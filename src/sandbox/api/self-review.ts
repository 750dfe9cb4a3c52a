import type { KubeRequest, KubeResponse } from '../../kube/transport.ts';
import { answer } from './answer.ts';

const PATH = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

/** Tells a caller who he is, as a server does to everybody; undefined for every other request. */
export const selfReview = ({ method, path }: KubeRequest, user: string): KubeResponse | undefined => {
  if (method !== 'POST' || path !== PATH) return undefined;
  return answer(201, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'SelfSubjectReview',
    metadata: {},
    status: { userInfo: { username: user, groups: ['system:authenticated'] } },
  });
};
