import { listAt, numberAt } from '../../lib/json.ts';
import { textAnswer } from '../network/http.ts';
import type { DataPlane, Failures } from './data-plane.ts';
import type { ObjectView } from './object-view.ts';
import { serviceNamed } from './service-names.ts';

const DEFAULT_PORT = 80;
const FAILURES: Failures = {
  missing: textAnswer(502, 'connection refused\n'),
  none: textAnswer(502, 'connection refused\n'),
  lost: textAnswer(502, 'connection reset\n'),
};

/** Services by their names in the cluster's DNS, as a pod reaches them that is in no mesh; nothing counts there. */
export const servicePlane = (view: ObjectView): DataPlane => ({
  changed: () => {},
  find: ({ host, request }) => {
    const place = serviceNamed(host);
    const service = place && view.get('Service', place);
    if (service === undefined || place === undefined) return undefined;
    const ports = listAt(service, 'spec', 'ports').map((port) => numberAt(port, 'port') ?? 0);
    const port = ports.includes(DEFAULT_PORT) ? DEFAULT_PORT : (ports[0] ?? DEFAULT_PORT);
    const target = { namespace: place.namespace, service: place.name, port };
    return { type: 'forward', target, request, failures: FAILURES, count: () => {} };
  },
});
