import type { KubeResponse } from '../../kube/transport.ts';
import { ApiError } from './status.ts';

export const answer = (status: number, body: unknown): KubeResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body,
});

/** The answer to a request that was refused. What is no refusal is a fault of the sandbox and is thrown again. */
export const refusal = (error: unknown): KubeResponse => {
  if (!(error instanceof ApiError)) throw error;
  const { retryAfterSeconds } = error.status.details ?? {};
  const response = answer(error.status.code, error.status);
  if (retryAfterSeconds === undefined) return response;
  return { ...response, headers: { ...response.headers, 'retry-after': String(retryAfterSeconds) } };
};
