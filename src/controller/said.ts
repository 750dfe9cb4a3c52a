/** What was said last of each thing, so that a failure that repeats itself is told once. */
export class Said {
  readonly #words = new Map<string, string>();

  /** True when `words` are not what was said of `about` last. */
  isNew(about: string, words: string): boolean {
    if (this.#words.get(about) === words) return false;
    this.#words.set(about, words);
    return true;
  }

  /** It is well again: the next failure is news. */
  forget(about: string): void {
    this.#words.delete(about);
  }
}
