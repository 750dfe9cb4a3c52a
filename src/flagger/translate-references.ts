import type { JsonRecord } from '../lib/json.ts';
import { isRecord, stringAt } from '../lib/json.ts';
import { entriesAt, type FieldEntry } from './field-entry.ts';
import { kept, type Part, part, together } from './part.ts';

const SHOWN_BY = 'test/flagger/translate.test.ts';

/** References to other objects, below `spec`. */
export const referenceEntries: readonly FieldEntry[] = [
  ...entriesAt('spec.targetRef', {
    shownBy: SHOWN_BY,
    rows: [
      ['', 'kept', 'One Canary per target; the second is refused.'],
      ['apiVersion', 'kept', 'apps/v1 for a Deployment or DaemonSet, v1 for a Service; another is refused.'],
      ['kind', 'kept', 'What Serin cannot run yet is refused by name.'],
      ['name', 'kept', 'At most 55 characters, so that `-primary` fits behind it.'],
    ],
  }),
  ...entriesAt('spec.autoscalerRef', {
    shownBy: SHOWN_BY,
    rows: [
      ['', 'kept', 'The primary’s autoscaler is kept like the target’s.'],
      [
        'apiVersion',
        'changed',
        'A HorizontalPodAutoscaler is read as autoscaling/v2 whatever stands here, as Flagger does.',
      ],
      ['kind', 'kept', ''],
      ['name', 'kept', ''],
      ['primaryScalerQueries', 'kept', ''],
      ['primaryScalerReplicas.**', 'kept', ''],
      ['primaryScalerReplicas', 'kept', ''],
    ],
  }),
  ...entriesAt('spec.ingressRef', {
    shownBy: SHOWN_BY,
    rows: [
      ['', 'kept', 'The Ingress whose traffic is split.'],
      ['apiVersion', 'changed', 'An Ingress is read as networking.k8s.io/v1 whatever stands here, as Flagger does.'],
      ['kind', 'kept', ''],
      ['name', 'kept', ''],
    ],
  }),
  ...entriesAt('spec.routeRef', {
    shownBy: SHOWN_BY,
    rows: [
      ['', 'refused', 'Flagger’s names an ApisixRoute, a plane that Serin does not run yet.'],
      ['**', 'refused', 'See spec.routeRef.'],
    ],
  }),
  ...entriesAt('spec.upstreamRef', {
    shownBy: SHOWN_BY,
    rows: [
      ['', 'kept', 'The Upstream whose settings the sides’ Upstreams get.'],
      ['**', 'kept', ''],
    ],
  }),
];

/** `apiVersion` as it is read, where Flagger reads one version only. */
const readAs = (ref: unknown, { apiVersion, when }: { readonly apiVersion: string; readonly when: string }): unknown =>
  isRecord(ref) && ref['kind'] === when ? { ...ref, apiVersion } : ref;

const onlyOn = (
  spec: JsonRecord,
  { field, planes, plane }: { readonly field: string; readonly planes: readonly string[]; readonly plane: string },
): Part => {
  if (spec[field] === undefined || planes.includes(plane)) return kept(spec, [field]);
  const message = `it has no effect with provider ${plane} and is left out`;
  return part({ notes: [{ where: `spec.${field}`, message }] });
};

/** The references of a Flagger Canary's spec to other objects, for the data plane that it is run on. */
export const translateReferences = (spec: JsonRecord, plane: string): Part => {
  const ingress = readAs(spec['ingressRef'], { apiVersion: 'networking.k8s.io/v1', when: 'Ingress' });
  const autoscaler = readAs(spec['autoscalerRef'], { apiVersion: 'autoscaling/v2', when: 'HorizontalPodAutoscaler' });
  const read = { ...spec, ...(ingress === undefined ? {} : { ingressRef: ingress }) };
  const word = stringAt({ plane }, 'plane')?.split(':', 1)[0] ?? plane;
  return together(
    kept(spec, ['targetRef']),
    autoscaler === undefined ? part({}) : part({ fields: { autoscalerRef: autoscaler } }),
    onlyOn(read, { field: 'ingressRef', planes: ['nginx', 'skipper'], plane: word }),
    onlyOn(spec, { field: 'routeRef', planes: ['apisix'], plane: word }),
    onlyOn(spec, { field: 'upstreamRef', planes: ['gloo'], plane: word }),
  );
};
