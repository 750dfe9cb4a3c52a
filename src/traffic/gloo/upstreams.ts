import { GROUP, type Side } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import { covers } from '../../lib/covers.ts';
import { hashOf } from '../../lib/hash.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { recordAt } from '../../lib/json.ts';
import type { KubeObject, ObjectRef } from '../../lib/kube-object.ts';
import { keyOf, refOf } from '../../lib/kube-object.ts';
import { madeMetadata, ownObject, stands } from '../made-object.ts';
import type { ObjectPatch, Objects, RouteRef } from '../router.ts';
import { sideService } from '../split.ts';
import { sideUpstream, upstreamRefTo } from './names.ts';

/** Says which settings were applied: a setting that its source lost would not show in what stands. */
const SETTINGS_ANNOTATION = `${GROUP}/settings`;

/** What an Upstream says of where it leads and of itself; everything else are settings. */
const NOT_SETTINGS: readonly string[] = [
  ...['ai', 'aws', 'awsEc2', 'azure', 'consul', 'gcp', 'kube', 'pipe', 'static'],
  ...['discoveryMetadata', 'namespacedStatuses'],
];

/** The protocols of pods to which Envoy must talk HTTP/2. */
const HTTP2: readonly string[] = ['grpc', 'h2c', 'http2', 'kubernetes.io/h2c'];

const sourceRef = (ref: RouteRef): ObjectRef | undefined =>
  ref.upstreamRef && upstreamRefTo(ref.upstreamRef.name, ref.upstreamRef.namespace ?? ref.namespace);

/** The settings that both sides get; undefined while the Upstream that has them cannot be found. */
const settingsOf = ({ get }: Objects, ref: RouteRef): JsonRecord | undefined => {
  const source = sourceRef(ref);
  const found = source && get(source);
  if (source !== undefined && found === undefined) return undefined;
  const copied = Object.entries(recordAt(found, 'spec')).filter(([field]) => !NOT_SETTINGS.includes(field));
  const protocol = (ref.options.appProtocol ?? '').toLowerCase();
  return { ...(HTTP2.includes(protocol) ? { useHttp2: true } : {}), ...Object.fromEntries(copied) };
};

const upstream = (ref: RouteRef, { side, settings }: { side: Side; settings: JsonRecord }): KubeObject => {
  const { apiVersion, kind, name } = sideUpstream(ref, side);
  const metadata = madeMetadata(ref, name);
  return {
    apiVersion,
    kind,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [SETTINGS_ANNOTATION]: hashOf(settings) } },
    spec: {
      ...settings,
      kube: { serviceName: sideService(ref, side), serviceNamespace: ref.namespace, servicePort: ref.port },
    },
  };
};

/** Why the Upstream whose settings are wanted cannot be used; empty when it can. */
export const sourceProblems = ({ get, sees = () => true }: Objects, ref: RouteRef): readonly Problem[] => {
  const source = sourceRef(ref);
  if (source === undefined || get(source) !== undefined || !sees(source)) return [];
  const message = `Upstream ${keyOf(source)} does not exist; want the Upstream whose settings the sides get, or no upstreamRef`;
  return [{ where: 'spec.upstreamRef', message, reason: 'InvalidSpec' }];
};

/** True when both Upstreams are there, made for this Canary, so that a route may lead to them. */
export const haveUpstreams = (objects: Objects, ref: RouteRef): boolean =>
  (['primary', 'canary'] as const).every(
    (side) => ownObject(objects, { of: sideUpstream(ref, side), canaryUid: ref.canaryUid }) !== undefined,
  );

/**
 * Applies the Upstreams of both sides where they do not stand so; undefined when their settings cannot be found. Gloo's
 * discovery may add to them what it learns of the pods.
 */
export const planUpstreams = (objects: Objects, ref: RouteRef): readonly ObjectPatch[] | undefined => {
  const settings = settingsOf(objects, ref);
  if (settings === undefined) return undefined;
  return (['primary', 'canary'] as const).flatMap((side): readonly ObjectPatch[] => {
    const object = upstream(ref, { side, settings });
    const actual = objects.get(sideUpstream(ref, side));
    const isCurrent = stands(actual, { wanted: object, fields: [] }) && covers(actual?.['spec'], object['spec']);
    return isCurrent ? [] : [{ type: 'apply', object }];
  });
};

/** Upstreams of the namespace, of which some may be ours: also those of a port that the Canary has no more. */
export const upstreamsOf = ({ list }: Objects, { namespace }: RouteRef): readonly ObjectRef[] =>
  (list?.({ apiVersion: 'gloo.solo.io/v1', kind: 'Upstream', namespace }) ?? []).map(refOf);
