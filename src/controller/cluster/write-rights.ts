import type { Heard } from '../../kube/create-client.ts';
import { type KubeError, type MissingRight, rightOf } from '../../kube/kube-error.ts';
import type { Transport } from '../../kube/transport.ts';
import type { Cancel, Clock } from '../../lib/clock.ts';
import { at } from '../../lib/json.ts';
import { rightProblem, type Scope } from './cluster-problem.ts';
import type { ClusterProblems } from './cluster-problems.ts';

/** How soon a right that was granted is noticed, also where nothing is written meanwhile. */
const ASK_MS = 10_000;
const ASK_TIMEOUT_MS = 10_000;
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** Without these nothing is ever done, whatever can be read. */
const VITAL: ReadonlySet<string> = new Set(['canaries/status', 'leases']);

const isRead = ({ verb }: { readonly verb: string }): boolean => verb === 'list' || verb === 'watch';

/** RBAC comes first: whoever is told anything else has the right. */
const wasLetIn = (error: KubeError | undefined): boolean =>
  error === undefined || (error.status >= 400 && error.status < 500 && error.status !== 401 && error.status !== 429);

const keyOf = ({ verb, group, resource, namespace = '' }: MissingRight): string =>
  `right ${verb} ${group}/${resource} ${namespace}`;

/**
 * Tells rights that were missing when something was written, or one object read. Granted they are known by the next
 * write, or by asking the API server, which answers anybody about himself.
 */
export class WriteRights {
  readonly #options: {
    readonly problems: ClusterProblems;
    readonly transport: Transport;
    readonly clock: Clock;
    readonly scope: Scope;
    readonly onGranted: () => void;
  };
  readonly #missing = new Map<string, MissingRight>();
  #cancel: Cancel | undefined;

  constructor(options: {
    readonly problems: ClusterProblems;
    readonly transport: Transport;
    readonly clock: Clock;
    readonly scope: Scope;
    /** What was refused may be tried again. */
    readonly onGranted: () => void;
  }) {
    this.#options = options;
  }

  readonly heard: Heard = (call, error) => {
    if (isRead(call)) return;
    if (error?.right === undefined) {
      if (this.#missing.size > 0 && wasLetIn(error)) this.#granted(keyOf(rightOf(call)));
      return;
    }
    const { problems, scope } = this.#options;
    const key = keyOf(error.right);
    this.#missing.set(key, error.right);
    problems.found(key, rightProblem(error.right, { scope, blocks: VITAL.has(error.right.resource) }));
    this.#cancel ??= this.#options.clock.after(ASK_MS, () => void this.#ask());
  };

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#missing.clear();
  }

  #granted(key: string): void {
    if (!this.#missing.delete(key)) return;
    this.#options.problems.mended(key);
    this.#options.onGranted();
  }

  async #ask(): Promise<void> {
    const { clock } = this.#options;
    for (const [key, right] of [...this.#missing]) if (await this.#mayNow(right)) this.#granted(key);
    this.#cancel = this.#missing.size === 0 ? undefined : clock.after(ASK_MS, () => void this.#ask());
  }

  /** No answer is no reason to believe anything: the next write tells. */
  async #mayNow({ verb, group, resource, namespace, name }: MissingRight): Promise<boolean> {
    const { transport, clock } = this.#options;
    const [plural, subresource] = resource.split('/');
    const resourceAttributes = { verb, group, resource: plural, namespace, name, subresource };
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes },
    };
    const late = new AbortController();
    const cancel = clock.after(ASK_TIMEOUT_MS, () => late.abort());
    try {
      const request = { method: 'POST', path: REVIEWS, contentType: 'application/json', body } as const;
      const answer = await transport.request({ ...request, signal: late.signal });
      return at(answer.body, 'status', 'allowed') === true;
    } catch {
      return false;
    } finally {
      cancel();
    }
  }
}
