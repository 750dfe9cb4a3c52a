import type { KubeRequest, KubeResponse } from '../../kube/transport.ts';
import { stringAt } from '../../lib/json.ts';
import { answer } from '../api/answer.ts';
import { asksForWatch } from '../api/query.ts';

/** A right as RBAC's rules write it; `namespace` is absent for all namespaces and for kinds of the cluster. */
export type Right = {
  readonly verb: string;
  readonly group: string;
  /** `canaries/status` for a sub-resource. */
  readonly resource: string;
  readonly namespace?: string;
};

type Asked = Right & { readonly name?: string };

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const VERBS = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete', GET: 'get' } as const;

/** What a request asks for; undefined for paths that name no objects. */
const askedFor = (request: KubeRequest): Asked | undefined => {
  const [root, ...rest] = request.path.split('/').slice(1).map(decodeURIComponent);
  const [group, , ...below] = root === 'api' ? ['', ...rest] : rest;
  if ((root !== 'api' && root !== 'apis') || group === undefined || below.length === 0) return undefined;
  const isWithin = below[0] === 'namespaces' && below.length > 2;
  const [plural = '', name, subresource] = isWithin ? below.slice(2) : below;
  const verb = VERBS[request.method];
  return {
    verb: verb !== 'get' || name !== undefined ? verb : asksForWatch(request) ? 'watch' : 'list',
    group,
    resource: subresource === undefined ? plural : `${plural}/${subresource}`,
    ...(isWithin && below[1] !== undefined ? { namespace: below[1] } : {}),
    ...(name === undefined ? {} : { name }),
  };
};

const refused = ({ verb, group, resource, namespace, name }: Asked, user: string): KubeResponse => {
  const [plural = ''] = resource.split('/');
  const what = `${group === '' ? plural : `${plural}.${group}`}${name === undefined ? '' : ` ${JSON.stringify(name)}`}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const message = `${what} is forbidden: User ${JSON.stringify(user)} cannot ${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)} ${where}`;
  const details = { ...(name === undefined ? {} : { name }), group, kind: plural };
  return answer(403, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: 'Forbidden',
    details,
    code: 403,
  });
};

/** Who asks whether he may do something gets to know it, as from the role system:basic-user. */
const reviewed = ({ body }: KubeRequest, lacks: (right: Right) => boolean): KubeResponse => {
  const of = (field: string): string => stringAt(body, 'spec', 'resourceAttributes', field) ?? '';
  const [subresource, namespace] = [of('subresource'), of('namespace')];
  const resource = subresource === '' ? of('resource') : `${of('resource')}/${subresource}`;
  const right = { verb: of('verb'), group: of('group'), resource, ...(namespace === '' ? {} : { namespace }) };
  return answer(201, { kind: 'SelfSubjectAccessReview', status: { allowed: !lacks(right) } });
};

/** The answer of a server whose RBAC does not grant `user` what `lacks` says; undefined for what may pass. */
export const rbac = (
  request: KubeRequest,
  { user, lacks }: { readonly user: string; readonly lacks: (right: Right) => boolean },
): KubeResponse | undefined => {
  if (request.path === REVIEWS) return reviewed(request, lacks);
  const asked = askedFor(request);
  return asked !== undefined && lacks(asked) ? refused(asked, user) : undefined;
};
