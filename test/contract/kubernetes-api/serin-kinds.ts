import assert from 'node:assert/strict';
import { KINDS, type Kind, kindNamed, resourceOf } from '#src/api/kinds.ts';
import { API_VERSION } from '#src/api/names.ts';
import { pathOf } from '#src/kube/resources.ts';
import { at, listAt, recordAt, sameJson, stringAt } from '#src/lib/json.ts';
import { SPECS } from '#test/api/example.ts';
import { WRONG_SPECS, type WrongSpec } from '#test/api/rules/wrong-specs.ts';
import { type Case, type Client, expectOk, expectRefusal, generationOf, type Json } from './harness.ts';

const kindOf = (name: string): Kind => kindNamed(name) ?? assert.fail(`${name} is no kind`);
const objectOf = (kind: string, spec: unknown): Json => ({
  apiVersion: API_VERSION,
  kind,
  metadata: { name: 'a' },
  spec,
});

const pathOfKind = (api: Client, kind: Kind): string =>
  pathOf(resourceOf(kind), kind.namespaced ? { namespace: api.namespace } : {});

/** Nothing is stored: kinds of the cluster would be seen by everybody. */
const DRY_RUN = { dryRun: 'All' };

/** The server puts its own words before ours: `Forbidden: …`, `Invalid value: …: …`. */
const saysOf = (cause: unknown, { where, message }: { readonly where: string; readonly message: string }): boolean => {
  const words = stringAt(cause, 'message') ?? '';
  return stringAt(cause, 'field') === where && (words === message || words.endsWith(`: ${message}`));
};

const problemOf = (told: string) => {
  const colon = told.indexOf(': ');
  return { where: told.slice(0, colon), message: told.slice(colon + 2) };
};

/** Several wrong specs are refused with the same words; names of cases are told apart. */
const nth = ({ kind, told }: Pick<WrongSpec, 'kind' | 'told'>, index: number): string => {
  const same = (other: WrongSpec): boolean => other.kind === kind && sameJson(other.told, told);
  const before = WRONG_SPECS.slice(0, index).filter(same).length;
  return before === 0 ? '' : ` (${before + 1})`;
};

/**
 * The server says what the rules in TypeScript say: the same sentences of the same fields, and no more. Only about a
 * regular expression that is none it has words of its own, which a CEL rule cannot replace.
 */
const refusal = ({ kind, spec, told }: WrongSpec, index: number): Case => ({
  name: `${kind} is refused: ${told.join('; ')}${nth({ kind, told }, index)}`,
  run: async (api) => {
    const refused = await api.post(pathOfKind(api, kindOf(kind)), objectOf(kind, spec), DRY_RUN);
    const words = expectRefusal(refused, 422, 'Invalid');
    if (/error parsing regexp/.test(words)) return;
    const causes = listAt(refused.body, 'details', 'causes');
    for (const problem of told.map(problemOf)) {
      assert.ok(
        causes.some((cause) => saysOf(cause, problem)),
        `${problem.where}: ${problem.message} is not in: ${words}`,
      );
    }
    assert.equal(causes.length, told.length, words);
  },
});

const CANARIES = 'serin.dev/v1alpha1 canaries';

/** Our own kinds, as their CustomResourceDefinitions make the server treat them. */
export const serinKindCases: readonly Case[] = [
  ...KINDS.map(
    (kind): Case => ({
      name: `${kind.kind} gets the defaults of its schema`,
      run: async (api) => {
        const spec = SPECS[kind.kind];
        const created = expectOk(await api.post(pathOfKind(api, kind), objectOf(kind.kind, spec), DRY_RUN), 201);
        assert.deepEqual(created['spec'], JSON.parse(JSON.stringify(kind.spec.parse(spec))));
      },
    }),
  ),
  ...WRONG_SPECS.map(refusal),
  {
    name: 'a Canary keeps spec and status apart, and its generation by the spec',
    run: async (api) => {
      const path = `${CANARIES}/a`;
      const body = { ...objectOf('Canary', SPECS['Canary']), status: { phase: 'Failed' } };
      const created = expectOk(await api.post(CANARIES, body), 201);
      assert.equal(created['status'], undefined);
      const status = { phase: 'Initialized', observedGeneration: 1 };
      const slower = { analysis: { ...recordAt(created, 'spec', 'analysis'), interval: '1m' } };
      const changed = { ...recordAt(created, 'spec'), ...slower };
      const labelled = { ...recordAt(created, 'metadata'), labels: { a: 'b' } };
      const written = expectOk(
        await api.put(`${path}/status`, { ...created, metadata: labelled, spec: changed, status }),
      );
      assert.equal(stringAt(written, 'status', 'phase'), 'Initialized');
      assert.equal(at(written, 'spec', 'analysis', 'interval'), '30s');
      assert.equal(at(written, 'metadata', 'labels'), undefined);
      assert.equal(generationOf(written), 1);
      const patched = expectOk(await api.merge(path, { spec: slower, status: { phase: 'Failed' } }));
      assert.equal(at(patched, 'spec', 'analysis', 'interval'), '1m');
      assert.equal(stringAt(patched, 'status', 'phase'), 'Initialized');
      assert.equal(generationOf(patched), 2);
      expectRefusal(await api.put(`${path}/status`, { ...created, status }), 409, 'Conflict');
    },
  },
  {
    name: 'a CanaryRun is written once',
    run: async (api) => {
      const path = 'serin.dev/v1alpha1 canaryruns';
      expectOk(await api.post(path, objectOf('CanaryRun', SPECS['CanaryRun'])), 201);
      const refused = await api.merge(`${path}/a`, { spec: { outcome: 'Promoted' } });
      assert.match(expectRefusal(refused, 422, 'Invalid'), /CanaryRun/);
      expectOk(await api.merge(`${path}/a`, { metadata: { labels: { a: 'b' } } }));
    },
  },
  {
    name: 'the metadata of a CanaryRun tell what its status does, which is written without the spec',
    run: async (api) => {
      const path = 'serin.dev/v1alpha1 canaryruns';
      const created = expectOk(await api.post(path, objectOf('CanaryRun', SPECS['CanaryRun'])), 201);
      const { apiVersion, kind } = created;
      const { managedFields: _, ...metadata } = recordAt(created, 'metadata');
      const answer = { type: 'post-rollout', at: '2026-01-01T00:00:00Z', calls: 1, passed: true };
      const status = { commit: 'a1b2c3d', hooks: [{ name: 'clean "up"', ...answer }] };
      const written = expectOk(await api.put(`${path}/a/status`, { apiVersion, kind, metadata, status }));
      assert.deepEqual([written['status'], written['spec']], [status, created['spec']]);
      const fields = listAt(written, 'metadata', 'managedFields').filter((one) => at(one, 'subresource') === 'status');
      assert.equal(fields.length, 1);
      const told = recordAt(fields[0], 'fieldsV1', 'f:status');
      assert.deepEqual(
        Object.keys(told).filter((key) => key !== '.'),
        ['f:commit', 'f:hooks'],
      );
      assert.deepEqual(
        Object.keys(recordAt(told, 'f:hooks')).filter((key) => key !== '.'),
        ['k:{"name":"clean \\"up\\""}'],
      );
    },
  },
  {
    name: 'a field that a Canary does not have is refused where the client asks for strictness, as kubectl does',
    run: async (api) => {
      const spec = { ...SPECS['Canary'], analisys: {} };
      const query = { ...DRY_RUN, fieldValidation: 'Strict' };
      const refused = await api.post(CANARIES, objectOf('Canary', spec), query);
      assert.equal(
        expectRefusal(refused, 400, 'BadRequest'),
        'Canary in version "v1alpha1" cannot be handled as a Canary: strict decoding error: unknown field "spec.analisys"',
      );
    },
  },
  {
    name: 'a field that a Canary does not have is dropped where the client asks for nothing',
    run: async (api) => {
      const spec = { ...SPECS['Canary'], analisys: {}, git: null };
      const created = expectOk(await api.post(CANARIES, { ...objectOf('Canary', spec), more: 1 }, DRY_RUN), 201);
      assert.equal(at(created, 'spec', 'analisys'), undefined);
      assert.equal(at(created, 'spec', 'git'), undefined, 'null is no value');
      assert.equal(created['more'], undefined);
    },
  },
  {
    name: 'a field that a Canary does not have cannot be applied',
    run: async (api) => {
      const spec = { ...SPECS['Canary'], analisys: {} };
      const refused = await api.apply(`${CANARIES}/a`, objectOf('Canary', spec), { fieldManager: 'git' });
      assert.equal(refused.status, 500);
      assert.match(stringAt(refused.body, 'message') ?? '', /: \.spec\.analisys: field not declared in schema$/);
    },
  },
  {
    name: 'a status keeps fields that the schema of the cluster does not know yet',
    run: async (api) => {
      expectOk(await api.post(CANARIES, objectOf('Canary', SPECS['Canary'])), 201);
      const status = { phase: 'Initialized', inTheFuture: 1, run: { inTheFuture: 1 } };
      const written = expectOk(await api.merge(`${CANARIES}/a/status`, { status }));
      assert.deepEqual(written['status'], status);
    },
  },
  {
    name: 'the name of a Canary is at most 63 characters long',
    run: async (api) => {
      const body = { ...objectOf('Canary', SPECS['Canary']), metadata: { name: 'a'.repeat(64) } };
      const refused = await api.post(CANARIES, body, DRY_RUN);
      expectRefusal(refused, 422, 'Invalid');
      assert.equal(stringAt(refused.body, 'details', 'causes', 0, 'field'), 'metadata.name');
    },
  },
];
