import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '#src/rollout/request-match.ts';
import type { RouterStage } from './router-stage.ts';

const WORDS = { header: 'headers', cookie: 'cookies', query: 'query parameters' } as const;
const PLACES = ['header', 'cookie', 'query'] as const;
const OPERATORS = ['exact', 'prefix', 'regex'] as const;

/** What a plane cannot express is refused in words, and nothing of it is written. */
export const refusalContract = (stage: RouterStage): void => {
  const { router, ref, pins = [] } = stage.situation;
  const { pins: listed, pinLimits, mirror } = router.capabilities(stage.start(), ref);
  const refuses = (wanted: Omit<Parameters<RouterStage['plan']>[1], 'weight'>, words: RegExp): void => {
    const plan = (): unknown => stage.plan(stage.start(), { weight: 0, ...wanted });
    assert.throws(plan, (error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, /^Cannot write the route: \S/);
      assert.match(error.message, words);
      return true;
    });
  };

  test('refuses conditions that it does not list', () => {
    for (const on of PLACES) {
      for (const op of OPERATORS) {
        if (listed[on].includes(op)) continue;
        const words =
          listed[on].length === 0
            ? new RegExp(`cannot match requests by ${WORDS[on]}; want (no match|a match of )`)
            : new RegExp(`cannot match ${WORDS[on]} by ${op}; want ${listed[on].join(' or ')}$`);
        const condition: Condition = { on, op, name: 'x-canary', value: 'always' };
        refuses({ pinned: [[condition]] }, words);
        const [known] = pins;
        if (known && pinLimits === undefined) refuses({ pinned: [...known.pinned, [condition]] }, words);
      }
    }
  });

  const [sample] = pins;
  const [condition] = sample?.pinned.flat() ?? [];
  if (pinLimits && condition) {
    test('refuses more alternatives, and more conditions in one, than it takes', () => {
      const { matches, conditions } = pinLimits;
      const several = (length: number): readonly Condition[] =>
        Array.from({ length }, (_, index) => ({ ...condition, name: `${condition.name}-${index}` }));
      const many = several(matches + 1).map((one) => [one]);
      refuses({ pinned: many }, new RegExp(`takes ${matches} matches, not ${matches + 1}; want fewer alternatives$`));
      const long = [several(conditions + 1)];
      refuses(
        { pinned: long },
        new RegExp(`takes ${conditions} conditions in a match, not ${conditions + 1}; want fewer$`),
      );
    });
  }

  if (mirror !== 'percent') {
    test('refuses copies that it cannot make', () => {
      if (mirror === 'none') {
        for (const percent of [20, 100]) {
          refuses({ mirror: percent }, /cannot mirror requests; want weights, or another data plane$/);
        }
      } else refuses({ mirror: 20 }, /can mirror all requests or none, not 20 % of them; want 100$/);
    });
  }
};
