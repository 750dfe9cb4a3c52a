import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hashOf } from '#src/lib/hash.ts';
import type { JsonRecord } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { NamedRevision } from '#src/workload/kinds/target-kind.ts';
import { findRevision } from '#src/workload/revision.ts';
import { around } from '#test/workload/a-target.ts';
import { aDaemonSet, aRevision, templateOf, ZERO } from '#test/workload/kinds/a-daemon-set.ts';

/** What happens to a DaemonSet that Serin keeps at zero. */
type Step =
  /** Git applies a version; without the hold where nothing keeps it there. */
  | { readonly do: 'push'; readonly version: number; readonly held: boolean }
  | { readonly do: 'hold' | 'release' }
  /** Kubernetes forgets all names but the newest. */
  | { readonly do: 'forget' }
  /** Serin is away for a step: it notes nothing. */
  | { readonly do: 'nothing'; readonly away: boolean };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('push' as const), version: fc.nat(3), held: fc.boolean() }),
    fc.record({ do: fc.constantFrom('hold' as const, 'release' as const) }),
    fc.record({ do: fc.constant('forget' as const) }),
    fc.record({ do: fc.constant('nothing' as const), away: fc.boolean() }),
  ),
  { minLength: 1, maxLength: 40 },
);

test('a version of a DaemonSet has one name: held or not, forgotten by Kubernetes or not', () => {
  fc.assert(
    fc.property(steps, (story) => {
      let [version, held, number] = [0, false, 0];
      let kept: readonly KubeObject[] = [];
      let stable: NamedRevision | undefined;
      let desired: NamedRevision | undefined;
      for (const step of [{ do: 'nothing', away: false } as const, ...story]) {
        if (step.do === 'push') [version, held] = [step.version, step.held];
        if (step.do === 'hold' || step.do === 'release') held = step.do === 'hold';
        const template: JsonRecord = templateOf(`app:${version}`, held ? ZERO : undefined);
        const target = aDaemonSet({ template });
        const hash = hashOf(template).slice(0, 10);
        const made = aRevision(target, { hash, template, number: ++number });
        const found = kept.find(({ metadata }) => metadata.name === made.metadata.name);
        // The controller numbers one that it finds again as the newest; its age stays.
        const current = found === undefined ? made : { ...found, revision: number };
        kept = [...kept.filter(({ metadata }) => metadata.name !== made.metadata.name), current];
        if (step.do === 'forget') kept = kept.slice(-1);
        const named: readonly NamedRevision[] = [stable, desired].filter((one) => one !== undefined);
        const revision = findRevision({ target, around: around(kept), configs: () => 'missing', named });
        assert.ok(!('waiting' in revision), 'waiting' in revision ? revision.waiting : '');
        for (const one of named) if (one.hash === revision.hash) assert.equal(revision.id, one.revision);
        for (const one of named) if (one.hash !== revision.hash) assert.notEqual(revision.id, one.revision);
        if (step.do === 'nothing' && step.away) continue;
        desired = { revision: revision.id, hash: revision.hash };
        stable ??= desired;
      }
    }),
    { numRuns: process.env['SERIN_DEEP'] === undefined ? 300 : 10_000 },
  );
});
