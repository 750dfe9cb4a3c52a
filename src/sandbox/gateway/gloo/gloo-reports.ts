import { type KubeObject, keyOf } from '../../../lib/kube-object.ts';

type Said = { readonly errors: string[]; readonly warnings: string[] };

const SYSTEM = 'gloo-system';
const PROXY = `*v1.Proxy.gateway-proxy_${SYSTEM}`;

const counted = (errors: readonly string[]): string =>
  `${errors.length} error${errors.length === 1 ? '' : 's'} occurred:\n${errors.map((error) => `\t* ${error}\n`).join('')}\n`;

/** One report, as Gloo's reporter words it. */
const reportOf = ({ errors, warnings }: Said): Readonly<Record<string, unknown>> => {
  const warning = warnings.length === 0 ? '' : `warning: \n  ${warnings.join('\n')}`;
  const reportedBy = 'gloo';
  if (errors.length > 0) {
    return { reportedBy, state: 'Rejected', reason: `${counted(errors)}${warning === '' ? '' : `\n${warning}`}` };
  }
  return warning === '' ? { reportedBy, state: 'Accepted' } : { reportedBy, state: 'Warning', reason: warning };
};

/** What Gloo finds wrong while it makes its proxy's configuration, by object: with itself, or with the proxy through it. */
export class GlooReports {
  readonly #own = new Map<string, Said>();
  readonly #proxy = new Map<string, Said>();

  /** The object is rejected. */
  fail(object: KubeObject, words: string): void {
    this.#of(this.#own, object).errors.push(words);
  }

  warn(object: KubeObject, words: string): void {
    this.#of(this.#own, object).warnings.push(words);
  }

  /** The object is accepted, and the proxy's configuration that it is part of is not. */
  failProxy(objects: readonly KubeObject[], words: string): void {
    for (const object of new Set(objects)) this.#of(this.#proxy, object).errors.push(words);
  }

  warnProxy(objects: readonly KubeObject[], words: string): void {
    for (const object of new Set(objects)) this.#of(this.#proxy, object).warnings.push(words);
  }

  /** True when what was made must not be served. */
  get isRejected(): boolean {
    return [...this.#own.values(), ...this.#proxy.values()].some(({ errors }) => errors.length > 0);
  }

  /** The status of an object, as Gloo's CRDs keep it. */
  statusOf(object: KubeObject): Readonly<Record<string, unknown>> {
    const proxy = this.#proxy.get(nameOf(object));
    const own = reportOf(this.#own.get(nameOf(object)) ?? { errors: [], warnings: [] });
    const all = proxy === undefined ? own : { ...own, subresourceStatuses: { [PROXY]: reportOf(proxy) } };
    return { statuses: { [SYSTEM]: all } };
  }

  #of(reports: Map<string, Said>, object: KubeObject): Said {
    const said = reports.get(nameOf(object)) ?? { errors: [], warnings: [] };
    reports.set(nameOf(object), said);
    return said;
  }
}

const nameOf = ({ kind, metadata }: KubeObject): string => `${kind} ${keyOf(metadata)}`;
