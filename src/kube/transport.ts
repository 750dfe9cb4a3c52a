export type KubeRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path, e.g. `/apis/apps/v1/namespaces/shop/deployments/podinfo/status`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly accept?: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
};

export type KubeResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON. */
  readonly body: unknown;
};

/** An open watch: `events` ends when the server closes it or the request's signal is aborted. */
export type KubeStream = KubeResponse & { readonly events: AsyncIterable<unknown> };

/**
 * How requests reach an API server: over pooled HTTP, or in process into the sandbox. Answers with any status are
 * returned; only a broken connection or an abort rejects.
 */
export type Transport = {
  readonly request: (request: KubeRequest) => Promise<KubeResponse>;
  readonly stream: (request: KubeRequest) => Promise<KubeStream>;
  readonly close: () => Promise<void>;
};
