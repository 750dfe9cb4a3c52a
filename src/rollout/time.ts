/** RFC 3339 with milliseconds, UTC: such texts sort as their times do. */
export const timeText = (ms: number): string => new Date(ms).toISOString();

/** Milliseconds since the epoch of an RFC 3339 text. Throws a RangeError when it is none. */
export const timeMs = (text: string): number => {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new RangeError(`Cannot read time "${text}": want RFC 3339, such as 2026-11-21T08:00:00Z`);
  return ms;
};

/** A length of time for people: `14 s`, `2 min 5 s`, `1 h 3 min`. */
export const spanText = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};
