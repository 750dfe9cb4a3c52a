import type { Place } from '../../cluster/world/place.ts';

/** What a team in a mesh has said of its application's connections: Serin keeps it for both sides. */
export const apexRule = ({ plane, app, namespace }: Place): readonly object[] =>
  plane === 'VirtualService'
    ? [
        {
          apiVersion: 'networking.istio.io/v1',
          kind: 'DestinationRule',
          metadata: { name: app, namespace },
          spec: { host: app, trafficPolicy: { connectionPool: { tcp: { connectTimeout: '2s' } } } },
        },
      ]
    : [];
