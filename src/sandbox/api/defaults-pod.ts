import { isRecord, type JsonRecord, recordAt, stringAt } from '../../lib/json.ts';

/** `value` with `defaults` where it says nothing. */
export const withDefaults = (value: unknown, defaults: JsonRecord): JsonRecord => ({ ...defaults, ...recordAt(value) });

/** `record` with its `field` filled in by `fill`, where it is there. */
export const defaulted = (record: JsonRecord, field: string, fill: (value: unknown) => unknown): JsonRecord =>
  record[field] === undefined ? record : { ...record, [field]: fill(record[field]) };

/** `record` with every item of the list `field` filled in. */
export const eachDefaulted = (record: JsonRecord, field: string, fill: (item: JsonRecord) => unknown): JsonRecord =>
  defaulted(record, field, (items) =>
    Array.isArray(items) ? items.map((item) => (isRecord(item) ? fill(item) : item)) : items,
  );

const httpGet = (get: unknown): JsonRecord => withDefaults(get, { path: '/', scheme: 'HTTP' });

const probe = (value: unknown): JsonRecord => {
  const common = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
  const filled = defaulted(withDefaults(value, common), 'httpGet', httpGet);
  return defaulted(filled, 'grpc', (grpc) => withDefaults(grpc, { service: '' }));
};

const hook = (value: unknown): JsonRecord => defaulted(recordAt(value), 'httpGet', httpGet);

const lifecycle = (value: unknown): JsonRecord =>
  defaulted(defaulted(recordAt(value), 'preStop', hook), 'postStart', hook);

const environment = (variable: JsonRecord): JsonRecord =>
  defaulted(variable, 'valueFrom', (from) =>
    defaulted(recordAt(from), 'fieldRef', (field) => withDefaults(field, { apiVersion: 'v1' })),
  );

/** Always for `:latest` and for images without tag or digest. */
const pullPolicy = (image: string): string => {
  const name = image.slice(image.lastIndexOf('/') + 1);
  return name.includes('@') || (name.includes(':') && !name.endsWith(':latest')) ? 'IfNotPresent' : 'Always';
};

const container = (value: JsonRecord): JsonRecord => {
  const filled = withDefaults(value, {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicy(stringAt(value, 'image') ?? ''),
  });
  const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'];
  const probed = probes.reduce((record, field) => defaulted(record, field, probe), filled);
  const ported = eachDefaulted(probed, 'ports', (port) => withDefaults(port, { protocol: 'TCP' }));
  return defaulted(eachDefaulted(ported, 'env', environment), 'lifecycle', lifecycle);
};

const projectedSource = (source: JsonRecord): JsonRecord =>
  defaulted(source, 'serviceAccountToken', (token) => withDefaults(token, { expirationSeconds: 3600 }));

const volume = (value: JsonRecord): JsonRecord => {
  const sourced = Object.keys(value).every((key) => key === 'name') ? { ...value, emptyDir: {} } : value;
  const moded = ['configMap', 'secret', 'projected', 'downwardAPI'].reduce(
    (record, field) => defaulted(record, field, (source) => withDefaults(source, { defaultMode: 420 })),
    sourced,
  );
  const typed = defaulted(moded, 'hostPath', (path) => withDefaults(path, { type: '' }));
  return defaulted(typed, 'projected', (projected) => eachDefaulted(recordAt(projected), 'sources', projectedSource));
};

/** A pod's spec as the API server stores it (kubernetes pkg/apis/core/v1/defaults.go). */
export const defaultPodSpec = (spec: unknown): JsonRecord => {
  const account = stringAt(spec, 'serviceAccountName') ?? stringAt(spec, 'serviceAccount');
  const filled = withDefaults(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    // The old name of the field is kept in step with the new one.
    ...(account === undefined ? {} : { serviceAccountName: account, serviceAccount: account }),
  });
  const { nodeSelector, ...rest } = filled;
  // An empty map is not stored.
  const selecting = Object.keys(recordAt(nodeSelector)).length === 0 ? rest : filled;
  const contained = ['containers', 'initContainers'].reduce(
    (all, field) => eachDefaulted(all, field, container),
    selecting,
  );
  return eachDefaulted(contained, 'volumes', volume);
};
