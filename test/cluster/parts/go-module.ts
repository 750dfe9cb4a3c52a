import { cp } from 'node:fs/promises';
import { stringAt } from '#src/lib/json.ts';
import { run } from './run.ts';

/** For programs that need no library of the machine. */
export const STATIC = { CGO_ENABLED: '0' };

/** The folder with the sources of a module, such as `sigs.k8s.io/gateway-api@v1.6.1`; read-only. */
export const moduleFolder = async (module: string): Promise<string> => {
  const answer: unknown = JSON.parse(await run(['go', 'mod', 'download', '-json', module]));
  return stringAt(answer, 'Dir') ?? '';
};

export type ModuleBuild = {
  /** With its version. */
  readonly module: string;
  /** Modules that it wants otherwise than they can be had, and what stands in for them. */
  readonly replace: Readonly<Record<string, string>>;
  /** Of the module, `.` for its root. */
  readonly package: string;
  /** Path of the program. */
  readonly out: string;
  /** Called with the sources before they are removed. */
  readonly keep: (source: string) => Promise<void>;
};

/** Builds a program from a copy of its module, because a module in the cache cannot be edited. */
export const buildModule = async (options: ModuleBuild): Promise<void> => {
  const source = `${options.out}.source`;
  await cp(await moduleFolder(options.module), source, { recursive: true });
  await run(['chmod', '-R', 'u+w', source]);
  const replaced = Object.entries(options.replace).flatMap(([path, by]) => ['-replace', `${path}=${by}`]);
  if (replaced.length > 0) await run(['go', 'mod', 'edit', ...replaced], { cwd: source });
  const build = ['go', 'build', '-mod=mod', '-trimpath', '-ldflags', '-s -w', '-o', options.out, options.package];
  await run(build, { cwd: source, environment: STATIC });
  await options.keep(source);
  await run(['rm', '-rf', source]);
};
