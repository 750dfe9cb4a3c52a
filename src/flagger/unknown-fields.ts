import type { Problem } from '../api/problem.ts';
import { isRecord } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { entryFor, type FieldEntry } from './field-entry.ts';
import { problem } from './part.ts';

/** Flagger's version whose fields are known. */
const KNOWN = 'Flagger 1.44';

/** True when something is known below a path. */
const leadsOn = (entries: readonly FieldEntry[], path: string): boolean =>
  entries.some((entry) => entry.path.startsWith(`${path}.`) || entry.path.startsWith(`${path}[]`));

const unknownIn = (
  value: unknown,
  at: { readonly path: string; readonly where: string },
  entries: readonly FieldEntry[],
): readonly string[] => {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) =>
      unknownIn(item, { path: `${at.path}[]`, where: `${at.where}[${index}]` }, entries),
    );
  }
  if (!isRecord(value) || !leadsOn(entries, at.path)) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const [path, where] = [`${at.path}.${name}`, `${at.where}.${name}`];
    if (entryFor(entries, path) === undefined && !leadsOn(entries, path)) return [where];
    return unknownIn(child, { path, where }, entries);
  });
};

/** Fields of the spec that this version of Serin does not know: a newer Flagger may mean something by them. */
export const unknownFields = (original: KubeObject, entries: readonly FieldEntry[]): readonly Problem[] =>
  unknownIn(original['spec'], { path: 'spec', where: 'spec' }, entries)
    // The old name of analysis, which the schema does not know any more.
    .filter((where) => where !== 'spec.canaryAnalysis')
    .map((where) =>
      problem(
        where,
        `it is none of the fields of ${KNOWN}, which Serin knows: remove it, or let Flagger run this Canary`,
      ),
    );
