// `npm run build [-- FOLDER]`: the whole program as one file, `serin.mjs` in FOLDER or in `dist/`, with its source map
// and the licences of every package in it.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';

const ROOT = import.meta.dirname;

/** What CommonJS packages find in a module: esbuild has no `require` of its own there. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Bundles the program into `folder`; returns the path of the file to run with Node. Throws with esbuild's words. */
export const bundle = async (folder: string): Promise<string> => {
  const file = join(folder, 'serin.mjs');
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/main.ts'],
    outfile: file,
    bundle: true,
    minify: true,
    // Logs and errors name classes and functions.
    keepNames: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none',
    metafile: true,
    logLevel: 'error',
    banner: { js: REQUIRE },
    // Serin uses its KubeConfig and nothing else of it: the rest, half of the file, is the generated API.
    alias: { '@kubernetes/client-node': '@kubernetes/client-node/dist/config.js' },
  });
  await writeFile(`${file}.LICENSES.txt`, await licences(metafile));
  return file;
};

/** Name, version and licence text of every package that has a file in the bundle. */
const licences = async ({ outputs }: Metafile): Promise<string> => {
  const folders = new Set<string>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  const notices = await Promise.all([...folders].sort().map(notice));
  return notices.join(`\n${'='.repeat(80)}\n\n`);
};

const notice = async (folder: string): Promise<string> => {
  const path = join(ROOT, folder);
  const { name, version, license }: Record<string, unknown> = JSON.parse(
    await readFile(join(path, 'package.json'), 'utf8'),
  );
  const files = (await readdir(path)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  const texts = await Promise.all(files.map((file) => readFile(join(path, file), 'utf8')));
  return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim()), ''].join('\n\n');
};

if (import.meta.main) {
  const folder = process.argv[2] ?? join(ROOT, 'dist');
  await mkdir(folder, { recursive: true });
  process.stdout.write(`${await bundle(folder)}\n`);
}
