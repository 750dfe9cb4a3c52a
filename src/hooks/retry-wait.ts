const SHORTEST_MS = 1_000;
const LONGEST_MS = 30_000;

const within = (ms: number): number => Math.min(Math.max(ms, SHORTEST_MS), LONGEST_MS);

/** What `Retry-After` asks for: seconds or a date; undefined where it says nothing that can be read. */
const askedFor = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : at - now;
};

/**
 * How long to wait before attempt number `attempt` (2 is the first retry), ms: what the receiver asks for, else 1 s,
 * 2 s, 4 s …; always from 1 s to 30 s.
 */
export const retryWait = (
  attempt: number,
  { retryAfter, now }: { readonly retryAfter?: string | undefined; readonly now: number },
): number => within(askedFor(retryAfter, now) ?? SHORTEST_MS * 2 ** Math.max(0, attempt - 2));
