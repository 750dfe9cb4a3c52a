/** Where an API server is and how to be let in. */
export type KubeAuth = {
  /** Such as `https://10.0.0.1:6443`; may carry a path. */
  readonly server: string;
  readonly tls: KubeTls;
  /** The headers that authenticate now: reads a token file or runs a credential plugin, so the caller memoises. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
};

export type KubeTls = {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
};
