import { listAt, numberAt, stringAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { keyOf } from '../lib/kube-object.ts';

/** A Flagger that runs in the cluster. */
export type Watcher = {
  /** `namespace/name` of its Deployment. */
  readonly deployment: string;
  /** The only namespace whose Canaries it runs; undefined for all. */
  readonly namespace?: string;
};

/** `ghcr.io/fluxcd/flagger:1.44.0` is Flagger, `ghcr.io/fluxcd/flagger-loadtester` is not. */
const isFlaggersImage = (image: string): boolean => /(^|\/)flagger(:[^/]*)?(@.*)?$/.test(image);
const isFlaggersProgram = (word: string): boolean => /(^|\/)flagger$/.test(word);

const wordsOf = (container: unknown): readonly string[] =>
  [...listAt(container, 'command'), ...listAt(container, 'args')].filter((word) => typeof word === 'string');

/** The value of Flagger's `-namespace`, in any of the ways in which Go takes a flag; undefined when it is not set. */
const namespaceFlag = (words: readonly string[]): string | undefined => {
  for (const [index, word] of words.entries()) {
    const match = /^--?namespace(=(.*))?$/s.exec(word);
    if (match !== null) return (match[1] === undefined ? words[index + 1] : match[2]) || undefined;
  }
  return undefined;
};

/** True while pods of it run or are wanted. */
const isUp = (deployment: KubeObject): boolean =>
  (numberAt(deployment, 'spec', 'replicas') ?? 1) > 0 || (numberAt(deployment, 'status', 'replicas') ?? 0) > 0;

/** The Flagger that a Deployment is; undefined for any other, and for one that has no pods and wants none. */
export const watcherOf = (deployment: KubeObject): Watcher | undefined => {
  if (deployment.kind !== 'Deployment' || !isUp(deployment)) return undefined;
  const flagger = listAt(deployment, 'spec', 'template', 'spec', 'containers').find(
    (container) =>
      isFlaggersImage(stringAt(container, 'image') ?? '') || isFlaggersProgram(wordsOf(container)[0] ?? ''),
  );
  if (flagger === undefined) return undefined;
  const namespace = namespaceFlag(wordsOf(flagger));
  return { deployment: keyOf(deployment.metadata), ...(namespace === undefined ? {} : { namespace }) };
};

/** True for a Flagger that runs the Canaries of a namespace. */
export const watches = (watcher: Watcher, namespace: string): boolean =>
  watcher.namespace === undefined || watcher.namespace === namespace;
