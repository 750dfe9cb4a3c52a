import { GROUP } from '../../api/names.ts';
import type { Unreadable } from '../../kube/reflector.ts';
import { kindWord } from '../../kube/resources.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Watched } from '../watched-kinds.ts';
import { absentProblem, type ClusterProblem, nameOf, rightProblem, type Scope } from './cluster-problem.ts';
import type { ClusterProblems } from './cluster-problems.ts';

type Known = {
  readonly watched: Watched;
  readonly why: Unreadable['why'];
  readonly problem: ClusterProblem;
  /** It is a problem only for the Canaries that refer to it. */
  readonly mayBeSo: boolean;
};

const keyOf = (kind: string): string => `kind ${kind}`;

/**
 * Kinds that cannot be read. One that the controller can do without, and that a Role cannot grant or the cluster need
 * not have, is a problem only for the Canaries that refer to it.
 */
export class UnreadableKinds {
  readonly #problems: ClusterProblems;
  readonly #log: Log;
  readonly #scope: Scope;
  readonly #known = new Map<string, Known>();
  /** Canaries that need a kind which they cannot have, by kind. */
  readonly #wanting = new Map<string, Set<string>>();

  constructor(options: { readonly problems: ClusterProblems; readonly log: Log; readonly scope: Scope }) {
    this.#problems = options.problems;
    this.#log = options.log;
    this.#scope = options.scope;
  }

  /** A kind has become unreadable, or (undefined) can be read again. */
  note(watched: Watched, unreadable: Unreadable | undefined): void {
    const { resource, need } = watched;
    if (unreadable === undefined) {
      this.#known.delete(kindWord(resource));
      this.#wanting.delete(kindWord(resource));
      this.#problems.mended(keyOf(kindWord(resource)));
      return;
    }
    const { why, right } = unreadable;
    const blocks = need === 'all';
    const problem =
      right === undefined ? absentProblem(resource, { blocks }) : rightProblem(right, { scope: this.#scope, blocks });
    const isExpected =
      why === 'absent' ? resource.group !== GROUP : this.#scope.namespace !== undefined && !resource.namespaced;
    const mayBeSo = isExpected && !blocks;
    this.#known.set(kindWord(resource), { watched, why, problem, mayBeSo });
    if (!mayBeSo) this.#tell(kindWord(resource));
    else if (why === 'forbidden') {
      const without = watched.need === 'none' ? watched.without : 'Canaries cannot refer to it';
      this.#log.info({ resource: nameOf(resource), without }, 'kind of the cluster is not read');
    }
  }

  isKnown(kind: string): boolean {
    return this.#known.has(kind);
  }

  /** What keeps every Canary from being acted for. */
  forAll(): readonly ClusterProblem[] {
    return [...this.#known.values()].flatMap(({ watched, problem }) => (watched.need === 'all' ? [problem] : []));
  }

  /** What keeps `canary` from being acted for, of the kinds that it was looked for in vain. */
  forCanary(canary: string, kinds: ReadonlySet<string>): readonly ClusterProblem[] {
    for (const [kind, canaries] of this.#wanting) {
      if (!kinds.has(kind) && canaries.delete(canary) && canaries.size === 0) this.#drop(kind);
    }
    return [...kinds].flatMap((kind) => {
      const known = this.#known.get(kind);
      if (known === undefined || known.watched.need !== 'some') return [];
      this.#wanting.set(kind, (this.#wanting.get(kind) ?? new Set()).add(canary));
      this.#tell(kind);
      return [known.problem];
    });
  }

  #tell(kind: string): void {
    const known = this.#known.get(kind);
    if (known === undefined) return;
    const { watched, problem } = known;
    const without = watched.need === 'none' ? `; until then ${watched.without}` : '';
    this.#problems.found(keyOf(kind), { ...problem, remedy: `${problem.remedy}${without}` });
  }

  /** Nobody needs the kind any more. */
  #drop(kind: string): void {
    this.#wanting.delete(kind);
    if (this.#known.get(kind)?.mayBeSo === true) this.#problems.mended(keyOf(kind));
  }
}
