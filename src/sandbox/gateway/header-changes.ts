import { joined } from '../network/http.ts';

type Headers = Readonly<Record<string, string>>;

/** What a route changes of the headers of a request or an answer. Names in any case. */
export type HeaderChanges = {
  readonly set?: Headers;
  readonly add?: Headers;
  readonly remove?: readonly string[];
};

/** The headers after the changes, by names in lower case. */
export const changedHeaders = (
  headers: Headers,
  { set = {}, add = {}, remove = [] }: HeaderChanges,
): Readonly<Record<string, string>> => {
  const result: Record<string, string> = { ...headers };
  for (const name of remove) delete result[name.toLowerCase()];
  for (const [name, value] of Object.entries(set)) result[name.toLowerCase()] = value;
  for (const [written, value] of Object.entries(add)) {
    const name = written.toLowerCase();
    const before = result[name];
    result[name] = before === undefined ? value : joined(name, [before, value]);
  }
  return result;
};
