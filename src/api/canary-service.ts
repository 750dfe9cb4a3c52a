import { z } from 'zod';
import { DNS_LABEL, duration, host, namespace, objectName, openObject, port, text, textMap, want } from './field.ts';

const gatewayRef = z.strictObject({
  group: z.string().max(253).optional().describe('API group of the parent; gateway.networking.k8s.io when absent.'),
  kind: z.string().max(63).optional().describe('Kind of the parent; Gateway when absent.'),
  namespace: namespace.optional().describe("Namespace of the Gateway; the Canary's own when absent."),
  name: objectName.describe('Name of the Gateway.'),
  sectionName: text(253).optional().describe('Listener of the Gateway; all that match when absent.'),
  port: port.optional().describe('Port of the listener; all that match when absent.'),
});

const metadata = z.strictObject({
  labels: textMap({ entries: 64, length: 63 }).optional().describe('Labels to add.'),
  annotations: textMap({ entries: 64, length: 4096 }).optional().describe('Annotations to add.'),
});

/** `spec.service`: the apex Service and how traffic reaches it. Below the line is known from Flagger and refused. */
export const service = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(55)
    .regex(new RegExp(DNS_LABEL))
    .meta(want('a Service name of at most 55 characters, so that "-primary" fits behind it'))
    .optional()
    .describe('Name of the apex Service; the target\'s name when absent. "-primary" and "-canary" are derived.'),
  port: port.describe('Port of the Services.'),
  portName: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
    .meta(want('a port name: lower-case letters, digits and "-"'))
    .default('http')
    .describe("Name of the Services' port."),
  targetPort: z
    .union([z.int().min(1).max(65535), text(63)])
    .meta({ 'x-kubernetes-int-or-string': true, ...want('a port number from 1 to 65535 or the name of a port') })
    .optional()
    .describe('Port of the pods, number or name; the same as port when absent.'),
  appProtocol: text(63).optional().describe("Application protocol of the Services' port, such as http or grpc."),
  gatewayRefs: z
    .array(gatewayRef)
    .max(16)
    .optional()
    .describe('Gateways that the HTTPRoute is attached to (Gateway API).'),
  hosts: z
    .array(host)
    .max(64)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .optional()
    .describe('Host names of the route; every host of the Gateway when absent.'),
  unmanagedMetadata: z
    .strictObject({
      labels: z.array(text(253)).max(64).optional().describe('Keys of labels.'),
      annotations: z.array(text(253)).max(64).optional().describe('Keys of annotations.'),
    })
    .optional()
    .describe("Accepted from Flagger without effect: keys that are not Serin's are never removed."),
  // Known from Flagger, refused by the rule table.
  trafficDistribution: z
    .enum(['PreferClose', 'PreferSameZone', 'PreferSameNode'])
    .optional()
    .describe('Traffic distribution of the Services that Serin makes.'),
  portDiscovery: z
    .boolean()
    .optional()
    .describe("Adds the containers' other ports to the Services that Serin makes, but for those of a mesh's proxy."),
  headless: z.boolean().optional().describe('Makes the Services headless.'),
  timeout: duration.optional().describe('Time-out of a request.'),
  backendTimeout: duration.optional().describe('Time-out of a request to one backend.'),
  retries: z
    .strictObject({
      attempts: z.int().min(0).max(100).optional().describe('Number of retries.'),
      perTryTimeout: duration.optional().describe('Time-out of one attempt.'),
      retryOn: text(253).optional().describe('Conditions of a retry.'),
    })
    .optional()
    .describe('Retries of the route.'),
  headers: openObject.optional().describe("Header changes of the route, in Flagger's shape."),
  corsPolicy: openObject.optional().describe("CORS policy of the route, in Flagger's shape."),
  rewrite: z
    .strictObject({
      uri: text(2048).optional().describe('New path.'),
      authority: text(253).optional().describe('New host.'),
      type: z
        .enum(['ReplaceFullPath', 'ReplacePrefixMatch'])
        .optional()
        .describe('How the path is replaced; ReplaceFullPath when absent.'),
    })
    .optional()
    .describe('Rewrite of the route.'),
  match: z.array(openObject).max(64).optional().describe("Request matches of the route, in Istio's shape."),
  mirror: z.array(openObject).max(16).optional().describe("A permanent extra mirror, in Gateway API's shape."),
  gateways: z.array(text(253)).max(16).optional().describe("Istio's gateways."),
  delegation: z.boolean().optional().describe('Makes the VirtualService a delegate.'),
  trafficPolicy: openObject.optional().describe("Istio's traffic policy."),
  meshName: text(253).optional().describe("App Mesh's mesh."),
  backends: z.array(text(253)).max(64).optional().describe("App Mesh's backends."),
  apex: metadata
    .optional()
    .describe('Metadata of the apex Service, where Serin makes it; one that is adopted keeps its own.'),
  primary: metadata.optional().describe('Metadata of the primary Service.'),
  canary: metadata.optional().describe('Metadata of the canary Service.'),
});
