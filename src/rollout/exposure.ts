import type { RequestMatch } from './request-match.ts';

/** One cookie by which a client is known again. */
export type Cookie = { readonly name: string; readonly value: string };

/**
 * Clients stay on the side that answered them first. Values are those of one run, the primary's those of one step: a
 * client of the primary is drawn again when the weight rises, and never twice at one weight; a client of the canary
 * stays on it for as long as the run lasts.
 */
export type Affinity = {
  /** Set on answers of the canary; requests that carry it go there. */
  readonly canary: Cookie;
  /** Set on answers of the primary; requests that carry it go there. */
  readonly primary: Cookie;
  /** Holders of the primary's cookie of the step before: this percent of them goes to the canary, the others stay. */
  readonly redraw?: { readonly cookie: Cookie; readonly canaryWeight: number };
  /** Of the cookies, in seconds and in words of Set-Cookie. */
  readonly attributes: {
    readonly maxAge: number;
    readonly domain?: string;
    readonly path?: string;
    readonly httpOnly?: true;
    readonly secure?: true;
    readonly sameSite?: 'Lax' | 'Strict' | 'None';
    readonly partitioned?: true;
  };
};

/** Which of the users' requests reach the canary. */
export type Exposure = {
  /** Percent of the requests that nothing else decides about. */
  readonly canaryWeight: number;
  /** Percent of those that the canary gets a copy of: safe methods only, its answers are dropped. */
  readonly mirror?: number;
  /** Requests that go to the canary whatever the weight: those that any of the matches fits. Not empty. */
  readonly pinned?: readonly RequestMatch[];
  readonly affinity?: Affinity;
};
