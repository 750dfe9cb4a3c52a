import { z } from 'zod';
import { want } from './field.ts';

/** A token (RFC 6265), without the backtick, which ends a value in the rules that Traefik makes of a route. */
const COOKIE_NAME = "^[A-Za-z0-9!#$&'*+.^_|~-]+$";
/** A value of an attribute: a semicolon would begin the next one, and a quote or percent sign means something to Envoy. */
const DOMAIN = '^[.]?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$';
const PATH = "^/[A-Za-z0-9!$&'()*+,./:=@_~-]*$";

const cookieName = z
  .string()
  .min(1)
  .max(64)
  .regex(new RegExp(COOKIE_NAME))
  .meta(want("the name of a cookie: letters, digits and !#$&'*+.^_|~-"));

const domain = z.string().min(1).max(253).regex(new RegExp(DOMAIN)).meta(want('a domain such as example.com'));

/** `spec.analysis.sessionAffinity`, in Flagger's shape: how clients are kept on the side that answered them first. */
export const sessionAffinity = z.strictObject({
  cookieName: cookieName.describe("Name of the canary's cookie."),
  primaryCookieName: z
    .exactOptional(cookieName)
    .describe("Name of the primary's cookie; cookieName with -primary behind it when absent."),
  domain: z.exactOptional(domain).describe('Domain of the cookies; the host of the request when absent.'),
  path: z
    .string()
    .min(1)
    .max(253)
    .regex(new RegExp(PATH))
    .meta(want('a path that starts with /'))
    .default('/')
    .describe('Path of the cookies.'),
  maxAge: z
    .int()
    .min(1)
    .max(2_147_483_647)
    .default(86_400)
    .describe('How long clients keep the cookies, in seconds; longer than a run takes.'),
  httpOnly: z.exactOptional(z.boolean()).describe('Hides the cookies from scripts.'),
  secure: z.exactOptional(z.boolean()).describe('Sends the cookies over HTTPS only.'),
  sameSite: z.exactOptional(z.enum(['Strict', 'Lax', 'None'])).describe('Whether other sites may send them.'),
  partitioned: z.exactOptional(z.boolean()).describe('Keeps the cookies apart for each embedding site.'),
});
export type SessionAffinitySpec = z.output<typeof sessionAffinity>;
