import type { KubeRequest } from '../../kube/transport.ts';
import { badRequest, notImplemented } from './status.ts';

const LIST = [
  'labelSelector',
  'fieldSelector',
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'watch',
];
const WATCH = ['timeoutSeconds', 'allowWatchBookmarks', 'sendInitialEvents'];
const WRITE = ['fieldManager', 'fieldValidation', 'dryRun'];
const ALLOWED: Readonly<Record<KubeRequest['method'], readonly string[]>> = {
  GET: [...LIST, ...WATCH],
  POST: WRITE,
  PUT: WRITE,
  PATCH: [...WRITE, 'force'],
  DELETE: ['propagationPolicy', 'gracePeriodSeconds', 'dryRun'],
};

/** Whether a GET asks for a watch instead of a list. */
export const asksForWatch = ({ query = {} }: KubeRequest): boolean =>
  query['watch'] === 'true' || query['watch'] === '1';

/** Throws 501 for a parameter that would be ignored, 400 for a value that means nothing. */
export const checkQuery = ({ method, query = {} }: KubeRequest): void => {
  for (const name of Object.keys(query)) {
    if (name !== 'pretty' && !ALLOWED[method].includes(name)) {
      throw notImplemented(`the query parameter ${JSON.stringify(name)} of ${method}`);
    }
  }
  const { dryRun, timeoutSeconds } = query;
  if (dryRun !== undefined && dryRun !== 'All')
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`);
  if (timeoutSeconds !== undefined && !/^\d+$/.test(timeoutSeconds)) {
    throw badRequest(`timeoutSeconds must be a whole number: got ${JSON.stringify(timeoutSeconds)}`);
  }
};
