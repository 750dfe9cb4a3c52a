import { kindNamed } from '../api/kinds.ts';
import type { Problem } from '../api/problem.ts';
import { validateSpec } from '../api/validate.ts';
import type { JsonRecord } from '../lib/json.ts';
import { recordAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { entriesAt, type FieldEntry } from './field-entry.ts';
import { kept, type Note, type Part, part, problem, together } from './part.ts';
import { planeOf } from './plane.ts';
import { analysisEntries, translateAnalysis } from './translate-analysis.ts';
import { metricEntries } from './translate-metrics.ts';
import { peopleEntries } from './translate-people.ts';
import { referenceEntries, translateReferences } from './translate-references.ts';
import { serviceEntries, translateService } from './translate-service.ts';
import { unknownFields } from './unknown-fields.ts';

const SHOWN_BY = 'test/flagger/translate.test.ts';

/** Every field of `spec` of a flagger.app Canary, with what Serin does with it. */
export const specEntries: readonly FieldEntry[] = [
  ...entriesAt('spec', {
    shownBy: SHOWN_BY,
    rows: [
      [
        'provider',
        'changed',
        'Absent: --flagger-mesh-provider, else what gatewayRefs, ingressRef or upstreamRef tell, else istio. gatewayapi:v1beta1 is run as gatewayapi:v1, whose objects are the same ones. What Serin cannot run is refused with the successor.',
      ],
      ['metricsServer', 'kept', ''],
      ['progressDeadlineSeconds', 'kept', '600 when absent.'],
      ['skipAnalysis', 'kept', ''],
      ['revertOnDeletion', 'no effect', 'Deletion always restores what was there before, without a lost request.'],
      ['suspend', 'kept', ''],
    ],
  }),
  ...referenceEntries,
  ...serviceEntries,
  ...analysisEntries,
  ...metricEntries,
  ...peopleEntries,
];

export type Translated =
  | { readonly ok: true; readonly spec: JsonRecord; readonly notes: readonly Note[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** On a flagger.app Canary: accepts a data plane that its makers have given up. */
export const END_OF_LIFE_ANNOTATION = 'serin.dev/acknowledge-end-of-life';

const providerPart = (plane: string, original: KubeObject): Part => {
  if (!plane.startsWith('appmesh')) return part({ fields: { provider: plane } });
  const isAccepted = original.metadata.annotations?.[END_OF_LIFE_ANNOTATION] === 'true';
  return part({ fields: { provider: plane, ...(isAccepted ? { acknowledgeEndOfLife: true } : {}) } });
};

/** Advice that a flagger.app Canary cannot follow, and what it can do. */
const OWN_ROUTE = / or put it into an? (HTTP)?[Rr]oute of your own(,| and) named? (that )?as routeRef/;
const INSTEAD = ' or write a serin.dev Canary, whose routeRef can name a route of your own that has it';

/** A field of Serin's own, in words that somebody who writes a flagger.app Canary can act on. */
const inFlaggersWords = ({ where, ...rest }: Problem): Problem =>
  where === 'spec.acknowledgeEndOfLife'
    ? problem(
        'spec.provider',
        `AWS has switched App Mesh off on 2026-09-30: move to VPC Lattice with provider gatewayapi (docs/app-mesh.md), or annotate this Canary with ${END_OF_LIFE_ANNOTATION}: "true"`,
      )
    : { where, ...rest, message: rest.message.replace(OWN_ROUTE, INSTEAD) };

/** Names that the translation changes, back in the user's. */
const FLAGGER_NAMES: readonly (readonly [serins: RegExp, flaggers: string])[] = [
  [/^(spec\.analysis\.metrics\[\d+\])\.args\b/, '$1.templateVariables'],
];

const place = (where: string): string =>
  FLAGGER_NAMES.reduce((name, [serins, flaggers]) => name.replace(serins, flaggers), where);

/**
 * Serin's spec for a Canary of Flagger's that means the same, with Serin's defaults filled in; or what keeps it from
 * being run, told by the user's own fields. Pure. Nothing is passed over: a field is kept, changed as `specEntries`
 * say, or refused.
 */
export const translate = (
  original: KubeObject,
  { meshProvider }: { readonly meshProvider?: string | undefined } = {},
): Translated => {
  const spec = recordAt(original, 'spec');
  const plane = planeOf(spec, meshProvider);
  const whole = together(
    providerPart(plane, original),
    kept(spec, ['metricsServer', 'progressDeadlineSeconds', 'skipAnalysis', 'revertOnDeletion', 'suspend']),
    translateReferences(spec, plane),
    translateService(spec, plane),
    translateAnalysis(spec),
    part({ problems: unknownFields(original, specEntries) }),
  );
  const kind = kindNamed('Canary');
  if (kind === undefined) throw new TypeError('Cannot translate: Canary is none of our kinds');
  const checked = validateSpec(kind, whole.fields);
  const found = checked.ok
    ? []
    : checked.problems.map(inFlaggersWords).map((at) => ({ ...at, where: place(at.where) }));
  // What the translation itself refuses is told first: what follows from a field that is missing is no news beside it.
  const problems = whole.problems.length > 0 ? whole.problems : found;
  return problems.length > 0 ? { ok: false, problems } : { ok: true, spec: whole.fields, notes: whole.notes };
};
