import type { Heard } from '../../kube/create-client.ts';
import type { KubeError } from '../../kube/kube-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ClusterProblem } from './cluster-problem.ts';
import type { ClusterProblems } from './cluster-problems.ts';

const KEY = 'server';
/** A server that restarts, or is busy for a moment, is nothing to tell. */
const PATIENCE_MS = 5_000;

const LOOK = 'nothing to be applied; it goes on by itself. See what ails it: kubectl get --raw /readyz?verbose';

/** What is wrong with a server that gave this answer, or none; undefined when it did its work. */
const ailing = ({ kind, status }: KubeError): Pick<ClusterProblem, 'message' | 'remedy'> | undefined => {
  switch (kind) {
    case 'Unreachable':
      return { message: 'The API server cannot be reached', remedy: LOOK };
    case 'Timeout':
      return { message: 'The API server gives no answer', remedy: LOOK };
    case 'Unavailable':
      return { message: `The API server answers ${status}`, remedy: LOOK };
    case 'TooManyRequests':
      return {
        message: 'The API server answers 429: too many requests',
        remedy:
          'nothing to be applied; it goes on by itself. See who is held up: kubectl get --raw /debug/api_priority_and_fairness/dump_priority_levels',
      };
    case 'Unauthorized':
      return {
        message: 'The API server refuses the credentials (401)',
        remedy: "a valid token: that of the pod's ServiceAccount, or the one in the kubeconfig",
      };
    default:
      return undefined;
  }
};

/** Tells when the API server has done nothing for a while, and when it works again. */
export class ServerHealth {
  readonly #problems: ClusterProblems;
  readonly #clock: Clock;
  /** Since when nothing went well, monotonic ms. */
  #since: number | undefined;

  constructor(problems: ClusterProblems, clock: Clock) {
    this.#problems = problems;
    this.#clock = clock;
  }

  /** True while nothing works. */
  get ails(): boolean {
    return this.#problems.has(KEY);
  }

  readonly heard: Heard = (_call, error) => {
    const ail = error && ailing(error);
    if (ail === undefined) {
      this.#since = undefined;
      this.#problems.mended(KEY);
      return;
    }
    const now = this.#clock.monotonic();
    this.#since ??= now;
    // What it says first is told; the words may change with each try.
    if (now - this.#since < PATIENCE_MS || this.ails) return;
    this.#problems.found(KEY, { type: 'Unreachable', about: 'kube-apiserver', ...ail, blocks: false });
  };
}
