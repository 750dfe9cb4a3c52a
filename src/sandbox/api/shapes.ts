/**
 * How the parts of an object are merged and owned, as the `x-kubernetes-*` marks of Kubernetes' OpenAPI say. What no
 * shape speaks of: maps field by field, lists as a whole.
 */
export type Shape =
  /** Owned and replaced as one. */
  | { readonly type: 'atomic' }
  /** A list of different scalars. */
  | { readonly type: 'set' }
  /** A list whose items are told apart by `keys`. */
  | {
      readonly type: 'keyed';
      readonly keys: readonly string[];
      readonly defaults?: Readonly<Record<string, string>>;
      readonly item?: Shape;
    }
  /** A map; fields that are not named have no shape. */
  | { readonly type: 'fields'; readonly fields: Readonly<Record<string, Shape>> };

const atomic: Shape = { type: 'atomic' };
const set: Shape = { type: 'set' };
const fields = (named: Readonly<Record<string, Shape>>): Shape => ({ type: 'fields', fields: named });
const keyed = (keys: readonly string[], item?: Shape, defaults?: Readonly<Record<string, string>>): Shape => ({
  type: 'keyed',
  keys,
  ...(item === undefined ? {} : { item }),
  ...(defaults === undefined ? {} : { defaults }),
});

const metadata = fields({ finalizers: set, ownerReferences: keyed(['uid'], atomic) });
const conditions = keyed(['type']);
const status = fields({ conditions });

const valueFrom = fields({ configMapKeyRef: atomic, fieldRef: atomic, resourceFieldRef: atomic, secretKeyRef: atomic });
const container = fields({
  env: keyed(['name'], fields({ valueFrom })),
  ports: keyed(['containerPort', 'protocol'], undefined, { protocol: 'TCP' }),
  resources: fields({ claims: keyed(['name']) }),
  volumeDevices: keyed(['devicePath']),
  volumeMounts: keyed(['mountPath']),
});
const containers = keyed(['name'], container);
const podSpec = fields({
  containers,
  ephemeralContainers: containers,
  hostAliases: keyed(['ip']),
  imagePullSecrets: keyed(['name'], atomic),
  initContainers: containers,
  nodeSelector: atomic,
  resourceClaims: keyed(['name']),
  schedulingGates: keyed(['name']),
  topologySpreadConstraints: keyed(['topologyKey', 'whenUnsatisfiable'], fields({ labelSelector: atomic })),
  volumes: keyed(['name']),
});
export const POD: Shape = fields({ metadata, spec: podSpec, status: fields({ conditions, podIPs: keyed(['ip']) }) });
export const WORKLOAD: Shape = fields({
  metadata,
  spec: fields({ selector: atomic, template: fields({ metadata, spec: podSpec }) }),
  status,
});
export const SERVICE: Shape = fields({
  metadata,
  spec: fields({ ports: keyed(['port', 'protocol'], undefined, { protocol: 'TCP' }), selector: atomic }),
  status,
});
export const GATEWAY: Shape = fields({
  metadata,
  spec: fields({ listeners: keyed(['name']) }),
  status: fields({ conditions, listeners: keyed(['name'], fields({ conditions })) }),
});
export const NETWORK_POLICY: Shape = fields({ metadata, spec: fields({ podSelector: atomic }) });
export const DISRUPTION_BUDGET: Shape = fields({ metadata, spec: fields({ selector: atomic }), status });
/** Kinds of which nothing more is known. */
export const PLAIN: Shape = fields({ metadata, status });

/** The shape of a kind of a CustomResourceDefinition, from the shape of its schema. */
export const customShape = (schema: Shape | undefined): Shape =>
  fields({ ...(schema?.type === 'fields' ? schema.fields : { status }), metadata });

export const fieldShape = (shape: Shape | undefined, field: string): Shape | undefined =>
  shape?.type === 'fields' ? shape.fields[field] : undefined;
