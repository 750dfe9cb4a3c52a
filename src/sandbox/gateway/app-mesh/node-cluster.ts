import { at, numberAt, stringAt } from '../../../lib/json.ts';
import type { KubeObject } from '../../../lib/kube-object.ts';
import type { ObjectView } from '../object-view.ts';
import type { Target } from '../service-endpoints.ts';
import { serviceNamed } from '../service-names.ts';

/**
 * The pods of a VirtualNode, by the name of a Service, which is called at the port where the node listens. `name` is what
 * Envoys call it behind `cds_egress_` and `cds_ingress_`. Undefined when the node is not found by DNS.
 */
export const nodeCluster = (
  node: KubeObject,
  { view, port }: { readonly view: ObjectView; readonly port: number | undefined },
): { readonly name: string; readonly target: Target } | undefined => {
  const hostname = stringAt(node, 'spec', 'serviceDiscovery', 'dns', 'hostname')?.replace(/\.$/, '');
  if (hostname === undefined) return undefined;
  const mesh = stringAt(node, 'spec', 'meshRef', 'name') ?? '';
  const meshName = stringAt(view.get('Mesh', { name: mesh }), 'spec', 'awsName') ?? mesh;
  const mapping = at(node, 'spec', 'listeners', 0, 'portMapping');
  const listens = port ?? numberAt(mapping, 'port') ?? 0;
  const awsName = stringAt(node, 'spec', 'awsName') ?? '';
  const service = serviceNamed(hostname);
  return {
    name: `${meshName}_${awsName}_${stringAt(mapping, 'protocol') ?? 'http'}_${listens}`,
    target: { namespace: service?.namespace ?? '', service: service?.name ?? hostname, port: listens },
  };
};
