import { renameSync, writeFileSync } from 'node:fs';
import type { Cancel, Clock } from '#src/lib/clock.ts';
import { listAt, numberAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';

/** One entry of Prometheus' file_sd. */
export type Target = { readonly targets: readonly string[]; readonly labels: Readonly<Record<string, string>> };

const ANNOTATION = 'prometheus.io';

/** Where to scrape a running pod; undefined when it wants not to be scraped, or serves nothing. */
export const targetOf = (pod: KubeObject, of: { readonly address: string; readonly ports: readonly number[] }) => {
  const { name, namespace = '', labels = {}, annotations = {} } = pod.metadata;
  if (annotations[`${ANNOTATION}/scrape`] === 'false') return undefined;
  const port = annotations[`${ANNOTATION}/port`] ?? of.ports[0];
  if (port === undefined) return undefined;
  const app = labels['app'] ?? labels['app.kubernetes.io/name'];
  const path = annotations[`${ANNOTATION}/path`];
  const target: Target = {
    targets: [`${of.address}:${port}`],
    labels: {
      namespace,
      pod: name,
      ...(app === undefined ? {} : { app }),
      ...(path === undefined ? {} : { __metrics_path__: path }),
    },
  };
  return target;
};

/** Every port that a container declares. */
export const declaredPorts = (container: unknown): readonly number[] =>
  listAt(container, 'ports')
    .filter((port) => ['TCP', undefined].includes(stringAt(port, 'protocol')))
    .flatMap((port) => numberAt(port, 'containerPort') ?? []);

const QUIET_MS = 50;

/** Keeps the list of all running pods in a file that is replaced as a whole. */
export class TargetsFile {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #targets = new Map<string, Target>();
  #timer: Cancel | undefined;

  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  set(uid: string, target: Target | undefined): void {
    if (JSON.stringify(this.#targets.get(uid)) === JSON.stringify(target)) return;
    if (target === undefined) this.#targets.delete(uid);
    else this.#targets.set(uid, target);
    this.#timer ??= this.#clock.after(QUIET_MS, () => this.write());
  }

  write(): void {
    this.#timer?.();
    this.#timer = undefined;
    const text = JSON.stringify([...this.#targets.values()], undefined, 2);
    writeFileSync(`${this.#file}.new`, `${text}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}
