import { Refusal } from './refusal.ts';

/** Joins and checks a path inside a repository. '' is its root. Throws Refusal `InvalidPath`. */
export const joinPath = (...parts: readonly string[]): string => {
  const names = parts.flatMap((part) => {
    if (part.startsWith('/')) throw new Refusal('InvalidPath', `Path "${part}" is absolute, want it below the root`);
    return part.split('/');
  });
  const kept = names.filter((name) => name !== '' && name !== '.');
  for (const name of kept) {
    if (name === '..' || name.toLowerCase() === '.git' || /[\\\p{Cc}]/u.test(name)) {
      throw new Refusal(
        'InvalidPath',
        `Path "${parts.join('/')}" contains "${name.replace(/\p{Cc}/gu, '?')}", want a path without .., .git and \\`,
      );
    }
  }
  return kept.join('/');
};

/**
 * Where `reference`, as it stands in a file of folder `from`, leads; undefined when it leaves `root`.
 * Unlike `joinPath` it follows `..`, since kustomizations refer to their bases that way.
 */
export const resolvePath = (from: string, reference: string, root: string): string | undefined => {
  const names = from === '' ? [] : from.split('/');
  for (const name of reference.split('/')) {
    if (name === '' || name === '.') continue;
    if (name !== '..') names.push(name);
    else if (names.pop() === undefined) return undefined;
  }
  const path = names.join('/');
  return isBelow(path, root) ? path : undefined;
};

/** True when `path` is `root` or below it. */
const isBelow = (path: string, root: string): boolean => root === '' || path === root || path.startsWith(`${root}/`);

/** True for what `git check-ref-format --branch` takes, and does not start with `-`. */
export const isBranchName = (name: string): boolean =>
  /^[^\p{Cc} ~^:?*[\\]+$/u.test(name) &&
  !/^[-/]|\/$|\.$|\.\.|@\{|\/\//.test(name) &&
  name !== '@' &&
  name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
