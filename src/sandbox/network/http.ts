/** A request as the sandbox's applications and its gateway see it. Header names are lower case. */
export type HttpRequest = {
  readonly method: string;
  /** Host header without a port. */
  readonly host: string;
  /** Path with the query string, beginning with `/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type HttpAnswer = {
  readonly status: number;
  /** By names in lower case. Several Set-Cookie stand in lines of their own. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Answers every request; rejects with ConnectionError when the connection is refused or lost. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer>;

/** Every answer of a workload says here which version gave it; answers of the gateway itself lack it. */
export const VERSION_HEADER = 'x-version';

/** Nobody listens at the address, or the listener went away before it answered. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/** An answer in plain text. */
export const textAnswer = (status: number, body: string): HttpAnswer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});

const HOP_BY_HOP = ['connection', 'content-length', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/** Several values of one header as one text; those of Set-Cookie, in which a comma means something else, in lines. */
export const joined = (name: string, values: readonly string[]): string =>
  values.join(name === 'set-cookie' ? '\n' : ', ');

/** Headers of a message that are not about the one connection it came over. Repeated ones are joined. */
export const endToEndHeaders = (
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Readonly<Record<string, string>> => {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.includes(name)) continue;
    kept[name] = typeof value === 'string' ? value : joined(name, value);
  }
  return kept;
};
