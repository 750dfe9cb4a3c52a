import assert from 'node:assert/strict';
import { canonicalJson } from '#src/lib/json.ts';
import type { Affinity } from '#src/rollout/exposure.ts';
import type { TrafficIntent } from '#src/traffic/router.ts';
import { twoWay } from '#src/traffic/split.ts';
import { type Feature, verified } from '#test/planes/verified.ts';
import { RouteWorld } from '#test/traffic/route-world.ts';
import { expectCookies, holdersOf, keptPercent } from './router-affinity.ts';
import type { PinSample, RouterCase, Traffic } from './router-case.ts';
import { aRequest, isPinned, isSafe, METHODS, type SampleRequest } from './sample-request.ts';

/** An intent in the words of the suite: the canary's percent, and what goes beside the split. */
export type Wanted = {
  readonly weight: number;
  readonly pinned?: PinSample['pinned'] | undefined;
  readonly mirror?: number | undefined;
  readonly affinity?: Affinity | undefined;
  readonly stamp?: string | undefined;
};

/** An intent, and requests to try it with beside those of the stage. */
type Tried = Wanted & { readonly requests?: readonly SampleRequest[] };

/** Everything but what the API server itself writes. */
export const plain = (world: RouteWorld): readonly Readonly<Record<string, unknown>>[] =>
  world.all().map(({ metadata, status: _, ...object }) => {
    const { uid: __, resourceVersion: ___, generation: ____, ...rest } = metadata;
    const { apiVersion, kind, ...fields } = object;
    return { apiVersion, kind, metadata: rest, ...fields };
  });

export const close = (actual: number, expected: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${what}: ${actual}, want ${expected}`);

const sumOf = (shares: Readonly<Record<string, number>>): number =>
  Object.values(shares).reduce((sum, share) => sum + share, 0);

/** The intent with its alternatives, and the conditions of each, in a fixed order: none of them goes before another. */
const inOrder = (intent: TrafficIntent | undefined): unknown => {
  const sorted = (list: readonly unknown[]): unknown => list.map((item) => canonicalJson(item)).sort();
  const { pinned, ...rest } = intent ?? {};
  return { ...rest, ...(pinned === undefined ? {} : { pinned: sorted(pinned.map((match) => sorted(match))) }) };
};

/** A case being played: what its router writes, and what must come of it. */
export class RouterStage {
  readonly situation: RouterCase;
  /** Requests by every method that a mirror must tell apart, one for each pin, and those of the case. */
  readonly requests: readonly SampleRequest[];
  readonly #before = new Map<SampleRequest, readonly Traffic[]>();

  /** Notes for docs/planes.md what has just been seen of this plane. */
  verified(feature: Feature): void {
    const { id } = this.situation.router;
    // An Ingress is no custom resource.
    verified({ plane: id, feature, way: id === 'nginx' ? 'contract' : 'real CRD' });
  }

  constructor(situation: RouterCase) {
    const { pins = [], requests = [] } = situation;
    this.situation = situation;
    this.requests = [
      ...METHODS.map((method) => aRequest({ method })),
      ...pins.flatMap(({ fit }) => fit.slice(0, 1)),
      ...requests,
    ];
  }

  start(): RouteWorld {
    return new RouteWorld(this.situation.before, this.situation.admit);
  }

  intentOf({ weight, pinned, mirror, affinity, stamp }: Wanted): TrafficIntent {
    return {
      split: twoWay(this.situation.ref, weight),
      ...(pinned === undefined ? {} : { pinned }),
      ...(mirror === undefined ? {} : { mirror }),
      ...(affinity === undefined ? {} : { affinity }),
      ...(stamp === undefined ? {} : { stamp }),
    };
  }

  plan(world: RouteWorld, wanted: Wanted): ReturnType<RouterCase['router']['plan']> {
    return this.situation.router.plan(world, this.situation.ref, this.intentOf(wanted));
  }

  set(world: RouteWorld, wanted: Wanted): void {
    world.write(this.plan(world, wanted).patches);
  }

  release(world: RouteWorld): void {
    world.write(this.situation.router.release(world, this.situation.ref).patches);
  }

  /** What is wanted is observed, is served so to these requests and more, and nothing is left to be written. */
  expect(world: RouteWorld, wanted: Tried): void {
    const observed = this.situation.router.observe(world, this.situation.ref);
    assert.deepEqual(inOrder(observed), inOrder(this.intentOf(wanted)));
    this.expectTraffic(world, wanted);
    assert.deepEqual(this.plan(world, wanted).patches, []);
  }

  /**
   * Pinned requests go to the canary, those with a cookie of the run to its side, all others follow the split; copies
   * are taken of the safe ones among those.
   */
  expectTraffic(world: RouteWorld, { weight, pinned, mirror = 0, affinity, requests = [] }: Tried): void {
    for (const { was, now, request } of this.#compared(world, [...requests, ...holdersOf(affinity)])) {
      const ours = was.primary + was.canary;
      const said = JSON.stringify(request);
      if (ours > 0 && isPinned(request, pinned)) {
        // They leave the backends beside the apex too.
        close(now.canary, ours + sumOf(was.other), `share of the canary for ${said}`);
        close(now.mirrored ?? 0, 0, `copies of what the canary gets, for ${said}`);
      } else {
        close(now.primary + now.canary, ours, `share of both sides for ${said}`);
        close(now.canary, (ours * (keptPercent(request, affinity) ?? weight)) / 100, `share of the canary for ${said}`);
        close(now.mirrored ?? 0, ours > 0 && isSafe(request) ? mirror : 0, `copies to the canary for ${said}`);
        assert.deepEqual(Object.keys(now.other), Object.keys(was.other));
        for (const [name, share] of Object.entries(now.other)) close(share, was.other[name] ?? -1, `share of ${name}`);
        if (ours > 0) expectCookies(now, affinity);
      }
    }
  }

  /** Every request is served, and both sides together have at least what led to the apex. */
  expectServed(world: RouteWorld): void {
    for (const { was, now, request } of this.#compared(world)) {
      const said = JSON.stringify(request);
      const [ours, before] = [now.primary + now.canary, was.primary + was.canary];
      assert.ok(ours > before - 1e-9, `share of both sides for ${said}: ${ours}, want ${before}`);
      close(ours + sumOf(now.other), before + sumOf(was.other), `share of all backends for ${said}`);
    }
  }

  #compared(
    world: RouteWorld,
    more: readonly SampleRequest[] = [],
  ): readonly { readonly was: Traffic; readonly now: Traffic; readonly request: SampleRequest }[] {
    return [...this.requests, ...more].flatMap((request) => {
      const before = this.#before.get(request) ?? this.situation.traffic(this.start(), request);
      this.#before.set(request, before);
      const after = this.situation.traffic(world, request);
      assert.equal(after.length, before.length, `every host and path is still served to ${JSON.stringify(request)}`);
      return after.flatMap((now, index) => {
        const was = before[index];
        return was === undefined ? [] : [{ was, now, request }];
      });
    });
  }
}
