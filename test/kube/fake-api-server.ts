import type { KubeRequest, KubeResponse, KubeStream, Transport } from '#src/kube/transport.ts';
import { at, isRecord, type JsonRecord, recordAt, stringAt } from '#src/lib/json.ts';

/** One line of a watch. */
export type Line = { readonly type: string; readonly object: unknown };
type Logged = Line & { readonly version: number; readonly path: string };
/** What a test makes of a request before the server sees it: an answer, a broken connection, or nothing. */
export type Intercept = (request: KubeRequest) => KubeResponse | Error | 'hang' | undefined;

/**
 * A scripted API server in memory, as a Transport: enough of lists, watches and guarded writes to test the runtime
 * against, and every way to misbehave. Collections are the paths of lists.
 */
export class FakeApiServer implements Transport {
  readonly requests: KubeRequest[] = [];
  /** Runs before each request. */
  intercept: Intercept = () => undefined;
  /** True breaks the connection after the request has taken effect, before the answer. */
  loseAnswer: (request: KubeRequest) => boolean = () => false;
  /** What a watcher receives in place of a line: none, or several, or others. */
  mangle: (line: Line) => readonly Line[] = (line) => [line];
  readonly #objects = new Map<string, JsonRecord>();
  readonly #log: Logged[] = [];
  readonly #watchers = new Set<Watcher>();
  #version = 1;
  #compacted = 0;

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Names of what is there. */
  names(collection: string): readonly string[] {
    return this.#within(collection).map((object) => stringAt(object, 'metadata', 'name') ?? '');
  }

  object(path: string): JsonRecord | undefined {
    return this.#objects.get(path);
  }

  put(collection: string, object: JsonRecord): JsonRecord {
    const path = `${collection}/${stringAt(object, 'metadata', 'name')}`;
    const metadata = { ...recordAt(object, 'metadata'), resourceVersion: String(++this.#version) };
    const stored = { ...object, metadata };
    const type = this.#objects.has(path) ? 'MODIFIED' : 'ADDED';
    this.#objects.set(path, stored);
    this.#publish(collection, { type, object: stored });
    return stored;
  }

  remove(collection: string, name: string): boolean {
    const path = `${collection}/${name}`;
    const object = this.#objects.get(path);
    if (object === undefined) return false;
    this.#objects.delete(path);
    const metadata = { ...recordAt(object, 'metadata'), resourceVersion: String(++this.#version) };
    this.#publish(collection, { type: 'DELETED', object: { ...object, metadata } });
    return true;
  }

  /** Forgets history: older watches and continue tokens are answered 410. */
  compact(): void {
    this.#compacted = this.#version;
  }

  /** Sends a line to every watcher, past `mangle`. */
  send(line: unknown): void {
    for (const watcher of this.#watchers) watcher.push(line);
  }

  bookmark(): void {
    this.send({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(this.#version) } } });
  }

  /** Ends every watch, in order or with a broken connection. */
  endWatches(error?: Error): void {
    for (const watcher of this.#watchers) watcher.end(error);
  }

  async request(request: KubeRequest): Promise<KubeResponse> {
    const answer = (await this.#before(request)) ?? this.#answer(request);
    if (this.loseAnswer(request)) throw new Error('socket hang up');
    return answer;
  }

  async stream(request: KubeRequest): Promise<KubeStream> {
    const refused = await this.#before(request);
    if (refused !== undefined) return { ...refused, events: none() };
    const from = Number(request.query?.['resourceVersion'] ?? 0);
    if (from < this.#compacted) return { ...status(410, 'Expired', 'too old resource version'), events: none() };
    const watcher = new Watcher(request, (ended) => this.#watchers.delete(ended));
    this.#watchers.add(watcher);
    for (const line of this.#log.filter((logged) => logged.version > from)) this.#deliver(watcher, line);
    return { status: 200, headers: {}, body: undefined, events: watcher.lines() };
  }

  async close(): Promise<void> {}

  async #before(request: KubeRequest): Promise<KubeResponse | undefined> {
    this.requests.push(request);
    const given = this.intercept(request);
    if (given instanceof Error) throw given;
    if (given !== 'hang') return given;
    return new Promise((_, reject) => request.signal?.addEventListener('abort', () => reject(request.signal?.reason)));
  }

  #answer(request: KubeRequest): KubeResponse {
    const { method, path, body } = request;
    const there = this.#objects.get(path);
    const collection = path.slice(0, path.lastIndexOf('/'));
    switch (method) {
      case 'POST': {
        if (!isRecord(body)) return status(400, 'BadRequest', 'no object');
        const name = stringAt(body, 'metadata', 'name');
        if (this.#objects.has(`${path}/${name}`)) return status(409, 'AlreadyExists', `"${name}" already exists`);
        return ok(this.put(path, body), 201);
      }
      case 'GET':
        if (there !== undefined) return ok(there);
        // Objects of these tests have a digit or a dot in their names, collections have none.
        return /[0-9.][^/]*$/.test(path) ? notFound(path) : this.#list(request);
      case 'DELETE':
        return this.remove(collection, path.slice(collection.length + 1)) ? ok({}) : notFound(path);
      case 'PUT':
      case 'PATCH': {
        if (there === undefined || !isRecord(body)) return notFound(path);
        const given = at(body, 'metadata', 'resourceVersion');
        if (given !== undefined && given !== at(there, 'metadata', 'resourceVersion')) {
          return status(409, 'Conflict', 'the object has been modified');
        }
        return ok(this.put(collection, method === 'PUT' ? body : { ...there, ...body, metadata: there['metadata'] }));
      }
    }
  }

  #list({ path, query }: KubeRequest): KubeResponse {
    const all = this.#within(path);
    const [version = this.#version, offset = 0] = (query?.['continue']?.split(':') ?? []).map(Number);
    if (version < this.#compacted) return status(410, 'Expired', 'the continue token is too old');
    const end = offset + Number(query?.['limit'] ?? all.length);
    const next = end < all.length ? { continue: `${version}:${end}` } : {};
    return ok({ metadata: { resourceVersion: String(version), ...next }, items: all.slice(offset, end) });
  }

  #within(collection: string): readonly JsonRecord[] {
    const inside = [...this.#objects].filter(([path]) => path.slice(0, path.lastIndexOf('/')) === collection);
    return inside.map(([, object]) => object);
  }

  #publish(path: string, line: Line): void {
    const logged = { ...line, version: this.#version, path };
    this.#log.push(logged);
    for (const watcher of this.#watchers) this.#deliver(watcher, logged);
  }

  #deliver(watcher: Watcher, { path, type, object }: Logged): void {
    if (watcher.request.path !== path) return;
    for (const line of this.mangle({ type, object })) watcher.push(line);
  }
}

export const status = (code: number, reason: string, message: string, headers = {}): KubeResponse => ({
  status: code,
  headers,
  body: { kind: 'Status', code, reason, message },
});

const ok = (body: unknown, code = 200): KubeResponse => ({ status: code, headers: {}, body });
const notFound = (path: string): KubeResponse => status(404, 'NotFound', `${path} not found`);
async function* none(): AsyncGenerator<never> {}

class Watcher {
  readonly request: KubeRequest;
  readonly #onEnd: (watcher: Watcher) => void;
  readonly #lines: unknown[] = [];
  #ended: { readonly error?: Error } | undefined;
  #wake: () => void = () => undefined;

  constructor(request: KubeRequest, onEnd: (watcher: Watcher) => void) {
    this.request = request;
    this.#onEnd = onEnd;
    request.signal?.addEventListener('abort', () => this.end());
  }

  push(line: unknown): void {
    this.#lines.push(line);
    this.#wake();
  }

  end(error?: Error): void {
    this.#ended = error === undefined ? {} : { error };
    this.#onEnd(this);
    this.#wake();
  }

  async *lines(): AsyncGenerator<unknown> {
    try {
      for (;;) {
        while (this.#lines.length > 0) yield this.#lines.shift();
        if (this.#ended?.error !== undefined) throw this.#ended.error;
        if (this.#ended !== undefined) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.#onEnd(this);
    }
  }
}
