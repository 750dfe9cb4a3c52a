/**
 * What Serin does with one field of a flagger.app Canary, for docs/flagger.md and for the check that no field is passed
 * over. `**` at the end of a path stands for everything below it.
 */
export type FieldEntry = {
  /** Such as `spec.analysis.metrics[].interval`. */
  readonly path: string;
  /**
   * - `kept`: the same in Serin's spec
   * - `changed`: taken over with another value or under another name
   * - `no effect`: accepted, and nothing follows from it
   * - `refused`: no Canary that sets it is run
   * - `written`: Serin writes it (status)
   */
  readonly does: 'kept' | 'changed' | 'no effect' | 'refused' | 'written';
  /** What follows from it, for people; one or two sentences. */
  readonly says: string;
  /** The test that shows it, from the root of the repository. */
  readonly shownBy: string;
};

/** The entry that speaks of a path: its own, else the nearest `**` above it. */
export const entryFor = (entries: readonly FieldEntry[], path: string): FieldEntry | undefined =>
  entries.find((entry) => entry.path === path) ??
  entries
    .filter(({ path: at }) => at.endsWith('.**') && path.startsWith(at.slice(0, -2)))
    .toSorted((a, b) => b.path.length - a.path.length)[0];

/** Entries of one object that are shown by the same test. */
export const entriesAt = (
  at: string,
  {
    shownBy,
    rows,
  }: {
    readonly shownBy: string;
    readonly rows: readonly (readonly [name: string, does: FieldEntry['does'], says: string, shownBy?: string])[];
  },
): readonly FieldEntry[] =>
  rows.map(([name, does, says, by = shownBy]) => ({
    path: name === '' ? at : `${at}.${name}`,
    does,
    says,
    shownBy: by,
  }));
