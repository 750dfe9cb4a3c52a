import { definitionOf } from '../../api/crd/definition.ts';
import { missingFields } from '../../api/crd/missing-fields.ts';
import { KINDS, type Kind, resourceOf } from '../../api/kinds.ts';
import { GROUP, VERSION } from '../../api/names.ts';
import type { Transport } from '../../kube/transport.ts';
import type { Cancel, Clock } from '../../lib/clock.ts';
import { at, isRecord, listAt, recordAt } from '../../lib/json.ts';
import { type ClusterProblem, nameOf } from './cluster-problem.ts';
import type { ClusterProblems } from './cluster-problems.ts';

/** Everybody who is authenticated may read it, by the role system:discovery. */
const SCHEMAS = `/openapi/v3/apis/${GROUP}/${VERSION}`;
const AGAIN_MS = 15_000;
const ANSWER_MS = 10_000;
/** The document is half a megabyte. */
const SUSPECT_MS = 300_000;
/** Fields that are named; of the others their number. */
const NAMED = 5;

/** What the controller remembers by: without these fields it would forget. */
const isMemory = ({ kind }: Kind, field: string): boolean =>
  (kind === 'Canary' && field.startsWith('status')) || kind === 'CanaryRun';

const keyOf = ({ kind }: Kind): string => `schema ${kind}`;

const schemaIn = (answer: unknown, kind: Kind): unknown =>
  Object.values(recordAt(answer, 'components', 'schemas')).find((schema) =>
    listAt(schema, 'x-kubernetes-group-version-kind').some((of) => at(of, 'kind') === kind.kind),
  );

const fieldsMissing = (answer: unknown, kind: Kind): readonly string[] => {
  const wanted = at(definitionOf(kind), 'spec', 'versions', 0, 'schema', 'openAPIV3Schema', 'properties');
  const served = schemaIn(answer, kind);
  // A kind that is not served at all is told by whoever reads it.
  if (!isRecord(wanted) || served === undefined) return [];
  const parts = ['spec', 'status'].flatMap((part) => {
    const schema = wanted[part];
    return isRecord(schema) ? missingFields(schema, at(served, 'properties', part), part) : [];
  });
  const path = `/apis/${GROUP}/${VERSION}/namespaces/{namespace}/${kind.plural}/{name}/status`;
  const lacksStatus = kind.kind === 'Canary' && at(answer, 'paths', path) === undefined;
  return lacksStatus ? ['status', ...parts] : parts;
};

const outdated = (kind: Kind, fields: readonly string[]): ClusterProblem => {
  const about = nameOf(resourceOf(kind));
  const more = fields.length > NAMED ? ` and ${fields.length - NAMED} more` : '';
  return {
    type: 'Outdated',
    about,
    message: `The CRD ${about} is older than the controller: it drops ${fields.slice(0, NAMED).join(', ')}${more}`,
    remedy: 'the CRDs of this version: kubectl apply -k deploy/kustomize, or the CRDs alone: kubectl apply -k crds',
    blocks: fields.some((field) => isMemory(kind, field)),
  };
};

/** Compares the schemas that the cluster serves with those that the controller was built with. */
export class SchemaCheck {
  readonly #options: {
    readonly problems: ClusterProblems;
    readonly transport: Transport;
    readonly clock: Clock;
    readonly onMended: () => void;
  };
  readonly #found = new Map<string, ClusterProblem>();
  #next: Cancel | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #running = false;
  #stopped = false;

  constructor(options: {
    readonly problems: ClusterProblems;
    readonly transport: Transport;
    readonly clock: Clock;
    /** Canaries that were held may go on. */
    readonly onMended: () => void;
  }) {
    this.#options = options;
  }

  /** What keeps every Canary from being acted for. */
  forAll(): readonly ClusterProblem[] {
    return [...this.#found.values()].filter(({ blocks }) => blocks);
  }

  /** Looks now; as long as something is wrong, or nobody answers, it looks again by itself. */
  async check(): Promise<void> {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    this.#next?.();
    this.#lookedAt = this.#options.clock.monotonic();
    const isSettled = await this.#look();
    this.#running = false;
    if (!isSettled && !this.#stopped) this.#next = this.#options.clock.after(AGAIN_MS, () => void this.check());
  }

  /** Something came back without a field that was written: looks, unless that was just done. */
  suspect(): void {
    if (this.#options.clock.monotonic() - this.#lookedAt > SUSPECT_MS) void this.check();
  }

  stop(): void {
    this.#stopped = true;
    this.#next?.();
  }

  /** True when there is nothing to look for any more. */
  async #look(): Promise<boolean> {
    const { transport, clock, problems, onMended } = this.#options;
    const late = new AbortController();
    const cancel = clock.after(ANSWER_MS, () => late.abort());
    try {
      const { status, body } = await transport.request({ method: 'GET', path: SCHEMAS, signal: late.signal });
      // A server without this document, or that keeps it from us, says nothing about its schemas.
      if (status !== 200) return status < 500 && status !== 429;
      const held = this.forAll().length;
      for (const kind of KINDS) {
        const fields = fieldsMissing(body, kind);
        if (fields.length > 0) {
          const problem = outdated(kind, fields);
          this.#found.set(keyOf(kind), problem);
          problems.found(keyOf(kind), problem);
        } else if (this.#found.delete(keyOf(kind))) problems.mended(keyOf(kind));
      }
      if (this.forAll().length !== held) onMended();
      return this.#found.size === 0;
    } catch {
      return false;
    } finally {
      cancel();
    }
  }
}
