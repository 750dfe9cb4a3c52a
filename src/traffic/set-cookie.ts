import type { Affinity, Cookie } from '../rollout/exposure.ts';

type Attributes = Affinity['attributes'];

/** Characters that mean nothing to a header, to a cookie, to Envoy (%) and to Traefik's rules (the backtick). */
const NAME = "[A-Za-z0-9!#$&'*+.^_|~-]+";
/** Values of a run's cookies, by which they are told from everybody else's: its version, and for the primary the step. */
const VALUE = '[0-9a-f]{10}(?:-[0-9.]+)?';
const COOKIE = new RegExp(`^${NAME}$`);
const RUN_VALUE = new RegExp(`^${VALUE}$`);

const WRITTEN = new RegExp(
  `^(?<name>${NAME})=(?<value>${VALUE}); Max-Age=(?<maxAge>[0-9]+)(?:; Domain=(?<domain>[^;]+))?(?:; Path=(?<path>[^;]+))?(?<httpOnly>; HttpOnly)?(?<secure>; Secure)?(?:; SameSite=(?<sameSite>Lax|Strict|None))?(?<partitioned>; Partitioned)?$`,
);

/** Throws a RangeError for a cookie that could not be told from those of others, or not be written into a route. */
const assertOfRun = ({ name, value }: Cookie): void => {
  if (COOKIE.test(name) && RUN_VALUE.test(value)) return;
  throw new RangeError(
    `Cannot write the route: ${JSON.stringify(`${name}=${value}`)} is no cookie of a run; want a name of letters, digits and !#$&'*+.^_|~-, and a value of ten hexadecimal digits`,
  );
};

/** True for a cookie that only a run of Serin gives. */
export const isOfRun = ({ name, value }: Cookie): boolean => COOKIE.test(name) && RUN_VALUE.test(value);

/** The value of a Set-Cookie header (RFC 6265). */
export const setCookie = (cookie: Cookie, attributes: Attributes): string => {
  assertOfRun(cookie);
  const { maxAge, domain, path, httpOnly, secure, sameSite, partitioned } = attributes;
  return [
    `${cookie.name}=${cookie.value}`,
    `Max-Age=${maxAge}`,
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    ...(path === undefined ? [] : [`Path=${path}`]),
    ...(httpOnly ? ['HttpOnly'] : []),
    ...(secure ? ['Secure'] : []),
    ...(sameSite === undefined ? [] : [`SameSite=${sameSite}`]),
    ...(partitioned ? ['Partitioned'] : []),
  ].join('; ');
};

const SAME_SITE = ['Lax', 'Strict', 'None'] as const;

/** What such a value says: `setCookie` backwards; undefined for a cookie of anybody else. */
export const readSetCookie = (
  value: string,
): { readonly cookie: Cookie; readonly attributes: Attributes } | undefined => {
  const found = WRITTEN.exec(value)?.groups;
  if (found === undefined) return undefined;
  const { name = '', value: of = '', maxAge, domain, path, httpOnly, secure, sameSite, partitioned } = found;
  const site = SAME_SITE.find((known) => known === sameSite);
  return {
    cookie: { name, value: of },
    attributes: {
      maxAge: Number(maxAge),
      ...(domain === undefined ? {} : { domain }),
      ...(path === undefined ? {} : { path }),
      ...(httpOnly === undefined ? {} : { httpOnly: true }),
      ...(secure === undefined ? {} : { secure: true }),
      ...(site === undefined ? {} : { sameSite: site }),
      ...(partitioned === undefined ? {} : { partitioned: true }),
    },
  };
};
