import { listAt, stringAt } from '../../../lib/json.ts';
import type { KubeObject } from '../../../lib/kube-object.ts';

const ACCOUNT = 'arn:aws:appmesh:eu-central-1:000000000000:mesh';

/** Names in AWS of an object and its routes, as its status has them. */
export const resourceNames = (object: KubeObject): Readonly<Record<string, unknown>> => {
  const awsName = stringAt(object, 'spec', 'awsName') ?? '';
  if (object.kind === 'Mesh') return { meshARN: `${ACCOUNT}/${awsName}` };
  const kind = `${object.kind.slice(0, 1).toLowerCase()}${object.kind.slice(1)}`;
  const name = `${ACCOUNT}/${stringAt(object, 'spec', 'meshRef', 'name') ?? ''}/${kind}/${awsName}`;
  if (object.kind !== 'VirtualRouter') return { [`${kind}ARN`]: name };
  const routes = listAt(object, 'spec', 'routes').map((route) => stringAt(route, 'name') ?? '');
  return {
    [`${kind}ARN`]: name,
    routeARNs: Object.fromEntries(routes.map((route) => [route, `${name}/route/${route}`])),
  };
};
