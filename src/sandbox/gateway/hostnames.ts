/** True when `pattern` (a hostname, or `*.suffix`) covers `host`, which may itself be such a pattern. */
export const covers = (pattern: string, host: string): boolean =>
  pattern === host || pattern === '*' || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)));

/**
 * Hostnames that both a listener and a route accept; `*` stands for all. Empty when they share none. A listener
 * without hostname accepts all, and so does a route without any.
 */
export const commonHostnames = (listener: string | undefined, route: readonly string[]): readonly string[] => {
  if (listener === undefined) return route.length === 0 ? ['*'] : route;
  if (route.length === 0) return [listener];
  const common: string[] = [];
  for (const hostname of route) {
    if (covers(listener, hostname)) common.push(hostname);
    else if (covers(hostname, listener)) common.push(listener);
  }
  return common;
};

/** Order of precedence: exact names, then wildcards from the longest to the shortest. Negative when `a` goes first. */
export const bySpecificity = (a: string, b: string): number =>
  Number(a.startsWith('*')) - Number(b.startsWith('*')) || b.length - a.length;
