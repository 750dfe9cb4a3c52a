import type { Side } from '#src/api/names.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { RequestMatch } from '#src/rollout/request-match.ts';
import type { RouteRef, Router } from '#src/traffic/router.ts';
import type { RouteWorld } from '#test/traffic/route-world.ts';
import type { SampleRequest } from './sample-request.ts';

/** What the plane does with one request to one host and path, in percent; the sides and what Git sends elsewhere. */
export type Traffic = {
  readonly primary: number;
  readonly canary: number;
  readonly other: Readonly<Record<string, number>>;
  /** Percent of these requests that the canary gets a copy of; absent where the plane has no mirror. */
  readonly mirrored?: number;
  /** What the answers of each side say in Set-Cookie, where the plane writes it. */
  readonly sets?: { readonly [Of in Side]: string | undefined };
};

/** Pins that a plane has, and requests to try them with. */
export type PinSample = {
  readonly pinned: readonly RequestMatch[];
  /** Requests that must go to the canary. Not empty. */
  readonly fit: readonly SampleRequest[];
  /** Requests that look like it and must follow the split. Not empty. */
  readonly others: readonly SampleRequest[];
};

/** One router in one situation. */
export type RouterCase = {
  readonly name: string;
  /** Folder below `golden/` with the objects that stand after each intent. */
  readonly golden: string;
  readonly router: Router;
  readonly ref: RouteRef;
  /** What stands before Serin comes, and must stand again after it has gone. */
  readonly before: readonly KubeObject[];
  /** The API server: returns what it stores of an object, and throws on one that is not valid. */
  readonly admit: (object: KubeObject) => KubeObject;
  /**
   * The plane's own arithmetic over the objects as they stand, for each host and path that led to the apex: what becomes
   * of such a request, a plain GET where none is given. A host and path that serves it no more has zeros.
   */
  readonly traffic: (world: RouteWorld, request?: SampleRequest) => readonly Traffic[];
  /** At least one for each place and operator that the router's capabilities list. */
  readonly pins?: readonly PinSample[];
  /** Requests that what stands before tells apart. */
  readonly requests?: readonly SampleRequest[];
  /** Something that people change in Git meanwhile, far from the weights. */
  readonly edit: (world: RouteWorld) => void;
  /** The plane takes the newest generation of every route, or, where it has a status, an older one. */
  readonly answer?: (world: RouteWorld, generation: 'newest' | 'older') => void;
};
