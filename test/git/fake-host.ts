import type { PullRequest, PullRequestHost } from '#src/git/pull-request-host.ts';
import type { BareRepository } from '#src/sandbox/git/bare-repository.ts';

/** A host's pull requests in memory, over a real repository. */
export class FakeHost implements PullRequestHost {
  requests: PullRequest[] = [];
  readonly calls: string[] = [];
  readonly #repository: BareRepository;

  constructor(repository: BareRepository) {
    this.#repository = repository;
  }

  readonly find: PullRequestHost['find'] = async ({ head, base }) => {
    this.calls.push('find');
    return this.requests.filter((one) => one.head === head && one.base === base);
  };

  readonly open: PullRequestHost['open'] = async (base) =>
    this.requests.filter((one) => one.state === 'open' && one.base === base);

  readonly create: PullRequestHost['create'] = async ({ head, base, body }) => {
    this.calls.push('create');
    if (this.requests.some((one) => one.head === head && one.state === 'open')) return undefined;
    const headCommit = await this.#repository.head(head);
    if (headCommit === undefined) throw new Error(`no branch ${head}`);
    const number = this.requests.length + 1;
    const made = { number, url: `https://host/pulls/${number}`, state: 'open', head, headCommit, base, body } as const;
    this.requests.push(made);
    return made;
  };

  readonly close: PullRequestHost['close'] = async (number) => this.settle(number, { state: 'closed' });

  settle(number: number, change: Partial<PullRequest>): void {
    this.requests = this.requests.map((one) => (one.number === number ? { ...one, ...change } : one));
  }
}
