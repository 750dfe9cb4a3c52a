import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dump } from 'js-yaml';

const FOLDER = new URL('./golden/', import.meta.url);
const COMMAND = 'SERIN_UPDATE=1 npm test -- test/contract';
const isUpdating = process.env['SERIN_UPDATE'] === '1';

const taken = new Set<string>();

/** A folder of YAML files that say what must come out; each of them must be asked for. */
export class GoldenFiles {
  readonly #slug: string;
  readonly #folder: URL;
  readonly #expected = new Set<string>();

  constructor(slug: string) {
    assert.match(slug, /^[a-z0-9-]+$/);
    assert.ok(!taken.has(slug), `golden/${slug} belongs to another case`);
    taken.add(slug);
    this.#slug = slug;
    this.#folder = new URL(`${slug}/`, FOLDER);
  }

  /** The documents are what the file says. With SERIN_UPDATE=1 the file is made to say it. */
  expect(name: string, documents: readonly unknown[]): void {
    this.#expected.add(`${name}.yaml`);
    const path = new URL(`${name}.yaml`, this.#folder);
    const yaml = documents.map((document) => dump(document, { lineWidth: -1, noRefs: true }));
    const text = `# Written by ${COMMAND}\n${yaml.join('---\n')}`;
    if (isUpdating) {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(path, text);
      return;
    }
    assert.equal(text, this.#read(name, path));
  }

  /** No file is left over from what is no longer asked for. */
  expectNoOthers(): void {
    const others = readdirSync(this.#folder).filter((file) => !this.#expected.has(file));
    if (isUpdating) for (const file of others) rmSync(new URL(file, this.#folder));
    else assert.deepEqual(others, [], `golden/${this.#slug} has files that no intent writes; want ${COMMAND}`);
  }

  #read(name: string, path: URL): string {
    try {
      return readFileSync(path, 'utf8');
    } catch (cause) {
      throw new Error(`golden/${this.#slug}/${name}.yaml cannot be read; want ${COMMAND}`, { cause });
    }
  }
}
