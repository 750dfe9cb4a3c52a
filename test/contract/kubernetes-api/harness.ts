import assert from 'node:assert/strict';
import type { KubeRequest, KubeResponse, Transport } from '#src/kube/transport.ts';
import { at, isRecord, listAt, stringAt } from '#src/lib/json.ts';

/** An API server under test. */
export type ApiUnderTest = {
  readonly transport: Transport;
  /** Gives the server's own controllers time until `done` holds; fails when it never does. */
  readonly eventually: (done: () => Promise<boolean>) => Promise<void>;
  /** Lets time pass. */
  readonly wait: (ms: number) => Promise<void>;
  /** Makes the server forget every revision before now; absent where that is out of reach. */
  readonly compact?: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** One test: what it must find true, on an API server and in a namespace of its own. */
export type Case = {
  readonly name: string;
  /** Left out where the server under test cannot do it. */
  readonly needs?: 'compact';
  readonly run: (api: Client) => Promise<void>;
};

export type Json = Readonly<Record<string, unknown>>;

/** Shorthand for the requests of the suite. Every path is below the test's own namespace unless it is absolute. */
export class Client {
  readonly namespace: string;
  readonly #api: ApiUnderTest;

  constructor(api: ApiUnderTest, namespace: string) {
    this.#api = api;
    this.namespace = namespace;
  }

  get transport(): Transport {
    return this.#api.transport;
  }

  readonly eventually: ApiUnderTest['eventually'] = (done) => this.#api.eventually(done);

  /** Reads `path` until `holds` does, and gives back what it read then. */
  async until(path: string, holds: (body: Json) => boolean): Promise<Json> {
    let last: KubeResponse | undefined;
    let found: Json | undefined;
    try {
      await this.#api.eventually(async () => {
        last = await this.get(path);
        found = last.status === 200 && isRecord(last.body) && holds(last.body) ? last.body : undefined;
        return found !== undefined;
      });
    } catch (cause) {
      throw new Error(`${path} is not as awaited: ${JSON.stringify(last?.body)}`, { cause });
    }
    assert.ok(found);
    return found;
  }

  wait(ms: number): Promise<void> {
    return this.#api.wait(ms);
  }

  async compact(): Promise<void> {
    await this.#api.compact?.();
  }

  send(method: KubeRequest['method'], path: string, rest: Partial<KubeRequest> = {}): Promise<KubeResponse> {
    return this.#api.transport.request({ method, path: this.path(path), ...rest });
  }

  get(path: string, rest: Partial<KubeRequest> = {}): Promise<KubeResponse> {
    return this.send('GET', path, rest);
  }

  post(path: string, body: Json, query: Readonly<Record<string, string>> = {}): Promise<KubeResponse> {
    return this.send('POST', path, { body, query, contentType: 'application/json' });
  }

  put(path: string, body: unknown, query: Readonly<Record<string, string>> = {}): Promise<KubeResponse> {
    return this.send('PUT', path, { body, query, contentType: 'application/json' });
  }

  merge(path: string, body: Json, query: Readonly<Record<string, string>> = {}): Promise<KubeResponse> {
    return this.send('PATCH', path, { body, query, contentType: 'application/merge-patch+json' });
  }

  apply(path: string, body: Json, query: Readonly<Record<string, string>>): Promise<KubeResponse> {
    return this.send('PATCH', path, { body, query, contentType: 'application/apply-patch+yaml' });
  }

  /** Opens a watch and gives its events one by one. */
  async watch(path: string, rest: Partial<KubeRequest> = {}): Promise<Events> {
    const stop = new AbortController();
    const query = { watch: 'true', ...rest.query };
    const request = { method: 'GET', path: this.path(path), ...rest, query, signal: stop.signal } as const;
    const stream = await this.#api.transport.stream(request);
    return new Events(stream.status, { events: stream.events, stop });
  }

  /** `apps/v1 deployments/web` as absolute path in the namespace of the test. */
  path(path: string): string {
    if (path.startsWith('/')) return path;
    const [groupVersion = 'v1', rest = ''] = path.split(' ');
    const root = groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
    return `${root}/namespaces/${this.namespace}/${rest}`;
  }
}

/** The events of one watch. */
export class Events {
  readonly status: number;
  readonly #iterator: AsyncIterator<unknown>;
  readonly #stop: AbortController;

  constructor(status: number, { events, stop }: { events: AsyncIterable<unknown>; stop: AbortController }) {
    this.status = status;
    this.#iterator = events[Symbol.asyncIterator]();
    this.#stop = stop;
  }

  /** The next event as `TYPE name`, or `end`. */
  async next(): Promise<string> {
    const event = await this.raw();
    return event === undefined ? 'end' : `${stringAt(event, 'type')} ${stringAt(event, 'object', 'metadata', 'name')}`;
  }

  async raw(): Promise<unknown> {
    const { done, value } = await this.#iterator.next();
    return done === true ? undefined : value;
  }

  async take(count: number): Promise<readonly string[]> {
    const events: string[] = [];
    while (events.length < count) events.push(await this.next());
    return events;
  }

  close(): void {
    this.#stop.abort();
  }
}

/** Asserts the status code and gives back the body. */
export const expectOk = (response: KubeResponse, status = 200): Json => {
  assert.equal(response.status, status, JSON.stringify(response.body));
  assert.ok(isRecord(response.body));
  return response.body;
};

/** Asserts a refusal by code and reason and gives back its message. */
export const expectRefusal = (response: KubeResponse, code: number, reason: string): string => {
  assert.equal(response.status, code, JSON.stringify(response.body));
  assert.equal(stringAt(response.body, 'kind'), 'Status');
  assert.equal(stringAt(response.body, 'status'), 'Failure');
  assert.equal(stringAt(response.body, 'reason'), reason);
  assert.equal(at(response.body, 'code'), code);
  return stringAt(response.body, 'message') ?? '';
};

export const versionOf = (object: unknown): string => stringAt(object, 'metadata', 'resourceVersion') ?? '';
export const uidOf = (object: unknown): string => stringAt(object, 'metadata', 'uid') ?? '';
export const generationOf = (object: unknown): unknown => at(object, 'metadata', 'generation');
export const namesOf = (list: unknown): readonly string[] =>
  listAt(list, 'items').map((item) => stringAt(item, 'metadata', 'name') ?? '');

export const configMap = (name: string, fields: Json = {}): Json => {
  const { metadata, ...rest } = fields;
  return { apiVersion: 'v1', kind: 'ConfigMap', ...rest, metadata: { name, ...(isRecord(metadata) ? metadata : {}) } };
};

/** A Deployment without pods, so that no controller needs to run. */
export const deployment = (name: string, spec: Json = {}): Json => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'app', image: 'example.com/web:1' }] },
    },
    ...spec,
  },
});

export const httpRoute = (name: string, spec: Json): Json => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name },
  spec,
});
