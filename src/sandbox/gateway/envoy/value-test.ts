import { Unsupported } from './ordered-route.ts';

/** A condition on one value: of a header, a query parameter, a path. */
export type ValueTest = (value: string) => boolean;

/** A regular expression over the whole value, as Envoy takes them. RE2 and JavaScript differ: throws Unsupported then. */
export const regexTest = (regex: string, { ignoreCase = false } = {}): ValueTest => {
  const isInsensitive = regex.startsWith('(?i)');
  const source = isInsensitive ? regex.slice('(?i)'.length) : regex;
  try {
    const compiled = new RegExp(`^(?:${source})$`, isInsensitive || ignoreCase ? 'i' : '');
    return (value) => compiled.test(value);
  } catch (cause) {
    throw new Unsupported(`regular expression ${JSON.stringify(regex)}`, { cause });
  }
};
