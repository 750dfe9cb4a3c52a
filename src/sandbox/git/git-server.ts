import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type GitSettings, gitEnvironment } from '../../git/git-process.ts';
import { isRecord } from '../../lib/json.ts';

/** What goes wrong with a push. */
export type GitFault =
  /** The connection breaks before the host has seen the objects. */
  | 'dropBefore'
  /** The host updates the branch, then the connection breaks without an answer. */
  | 'dropAfter'
  /** Status 503 before anything is done. */
  | 'unavailable';

export type GitServerOptions = {
  readonly settings: GitSettings;
  /** Folder whose `*.git` are served. */
  readonly folder: string;
  /** When given, nobody else gets in. */
  readonly login?: { readonly username: string; readonly password: string };
};

/**
 * Serves bare repositories over smart HTTP on loopback, by `git http-backend`: what a Git host does, without users,
 * pull requests or a web page. Faults can be switched on for the pushes to come.
 */
export class GitServer {
  readonly #options: GitServerOptions;
  readonly #server: Server;
  readonly #faults: GitFault[] = [];
  /** Called at each push, before git sees it and after it has ended; a promise holds the push up. */
  onPush: (moment: 'before' | 'after') => void | Promise<void> = () => {};
  /** Method and path of every request, for tests. */
  readonly requests: string[] = [];
  #port = 0;

  private constructor(options: GitServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) =>
        response.destroy(error instanceof Error ? error : undefined),
      );
    });
  }

  static async start(options: GitServerOptions): Promise<GitServer> {
    const server = new GitServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    const address: unknown = server.#server.address();
    server.#port = isRecord(address) ? Number(address['port']) : 0;
    return server;
  }

  /** Address of `name`.git, for clone and push. */
  url(name: string): string {
    return `http://127.0.0.1:${this.#port}/${name}.git`;
  }

  /** The next pushes go wrong this way, in order, one each. */
  fail(...faults: readonly GitFault[]): void {
    this.#faults.push(...faults);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method} ${request.url}`);
    if (!this.#mayEnter(request)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    if (request.method !== 'POST' || request.url?.endsWith('/git-receive-pack') !== true) {
      send(response, await this.#backend(request));
      return;
    }
    await this.onPush('before');
    const fault = this.#faults.shift();
    if (fault === 'unavailable') {
      request.resume();
      response.writeHead(503).end('try again later\n');
      return;
    }
    if (fault === 'dropBefore') return void request.socket.destroy();
    const answer = await this.#backend(request);
    await this.onPush('after');
    if (fault === 'dropAfter') return void request.socket.destroy();
    send(response, answer);
  }

  #mayEnter(request: IncomingMessage): boolean {
    const { login } = this.#options;
    if (login === undefined) return true;
    const expected = Buffer.from(`${login.username}:${login.password}`).toString('base64');
    return request.headers.authorization === `Basic ${expected}`;
  }

  /** One call of the CGI program that comes with git; its whole answer. */
  #backend(request: IncomingMessage): Promise<Buffer> {
    const url = new URL(request.url ?? '/', 'http://git');
    const header = (name: string): string => {
      const value = request.headers[name];
      return typeof value === 'string' ? value : '';
    };
    const env = {
      ...gitEnvironment(this.#options.settings),
      GIT_PROJECT_ROOT: this.#options.folder,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: header('content-type'),
      ...(header('content-length') === '' ? {} : { CONTENT_LENGTH: header('content-length') }),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      GIT_PROTOCOL: header('git-protocol'),
      REMOTE_USER: this.#options.login?.username ?? 'anonymous',
      REMOTE_ADDR: '127.0.0.1',
    };
    return new Promise((resolve, reject) => {
      const child = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.on('error', reject);
      child.on('close', () => resolve(Buffer.concat(chunks)));
      // The program may end without having read everything.
      child.stdin.on('error', () => {});
      request.pipe(child.stdin);
    });
  }
}

/** Turns a CGI answer (headers, blank line, body) into an HTTP one. */
const send = (response: ServerResponse, answer: Buffer): void => {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return void response.writeHead(502).end('git http-backend gave no answer\n');
  let status = 200;
  for (const line of answer.toString('latin1', 0, end).split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status).end(answer.subarray(end + 4));
};
