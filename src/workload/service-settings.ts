import type { Side } from '../api/names.ts';
import type { JsonRecord } from '../lib/json.ts';
import { listAt, numberAt, stringAt } from '../lib/json.ts';
import type { CanaryIdentity } from './names.ts';

type Pairs = Readonly<Record<string, string>>;

/** What the Canary asks for on a Service that Serin makes, beside its name, ports and selector. */
export const serviceSettings = (
  which: 'apex' | Side,
  { spec: { service } }: CanaryIdentity,
): { readonly labels: Pairs; readonly annotations: Pairs; readonly spec: JsonRecord } => {
  const { labels = {}, annotations = {} } = service[which] ?? {};
  const { trafficDistribution } = service;
  return { labels, annotations, spec: trafficDistribution === undefined ? {} : { trafficDistribution } };
};

/** Proxies of meshes, whose ports are nobody's to call; as Flagger has it. */
const SIDECARS = ['istio-proxy', 'envoy'];

/** Ports of the containers of a template, each by its name, or by its container's and its number in it. */
const containerPorts = (template: JsonRecord): readonly JsonRecord[] =>
  listAt(template, 'spec', 'containers')
    .filter((container) => !SIDECARS.includes(stringAt(container, 'name') ?? ''))
    .flatMap((container) =>
      listAt(container, 'ports').flatMap((entry, index): readonly JsonRecord[] => {
        const port = numberAt(entry, 'containerPort');
        const name = stringAt(entry, 'name') ?? `tcp-${stringAt(container, 'name') ?? ''}-${index}`;
        return port === undefined
          ? []
          : [{ name, port, protocol: stringAt(entry, 'protocol') ?? 'TCP', targetPort: port }];
      }),
    );

/** The containers' other ports, where the Canary asks for them: those that its own port does not lead to. */
export const discoveredPorts = ({ spec: { service } }: CanaryIdentity, template: JsonRecord): readonly JsonRecord[] => {
  if (service.portDiscovery !== true) return [];
  const led = service.targetPort ?? service.port;
  const found = containerPorts(template).filter(({ name, port }) => name !== led && port !== led);
  return found.filter(
    ({ name, port }, index) =>
      port !== service.port &&
      name !== service.portName &&
      found.findIndex((other) => other['port'] === port || other['name'] === name) === index,
  );
};
