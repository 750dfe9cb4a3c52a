import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isRecord } from '#src/lib/json.ts';

/** What became of one case on one API server. */
export type CaseResult = {
  readonly api: string;
  readonly group: string;
  readonly name: string;
  /** False where it failed; such a case also fails the run. */
  readonly passed: boolean;
  /** The server under test lacks what the case needs. */
  readonly skipped?: true;
};

const isResult = (value: unknown): value is CaseResult =>
  isRecord(value) &&
  ['api', 'group', 'name'].every((field) => typeof value[field] === 'string') &&
  typeof value['passed'] === 'boolean';

/** Reads a report; throws when it is none. */
export const readReport = (file: string): readonly CaseResult[] => {
  const results: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!Array.isArray(results) || !results.every(isResult)) {
    throw new Error(`Cannot read the report ${file}: want a list of { api, group, name, passed }`);
  }
  return results;
};

/** Puts the results of one API server into the report, in place of those that it had there. */
export const addToReport = (file: string, results: readonly CaseResult[]): void => {
  const names = new Set(results.map(({ api }) => api));
  const others = existsSync(file) ? readReport(file).filter(({ api }) => !names.has(api)) : [];
  writeFileSync(file, `${JSON.stringify([...others, ...results], undefined, 1)}\n`);
};
