/** How a container's process came to its end. */
export type ProcessEnd = { readonly exitCode: number; readonly reason: string };

/** The one process of a running container. */
export type ContainerProcess = {
  readonly ended: Promise<ProcessEnd>;
  /** What it says of itself, for pods without a readiness probe. */
  readonly ready: () => boolean;
  /** Sends SIGTERM. */
  readonly terminate: () => void;
  /** Sends SIGKILL; what it serves is cut. */
  readonly kill: () => void;
};
