import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { repositorySpec } from '#src/api/repository.ts';
import { GitEngine } from '#src/git/engine.ts';
import type { GitSettings } from '#src/git/git-process.ts';
import { type RepositoryAccess, repositoryAccess } from '#src/git/repository-access.ts';
import { systemClock } from '#src/lib/clock.ts';
import { seededRandom } from '#src/lib/random.ts';
import { BareRepository } from '#src/sandbox/git/bare-repository.ts';
import { GitServer } from '#src/sandbox/git/git-server.ts';
import { DEPLOYMENT } from './operation.ts';

export const DEVELOPER = { name: 'Dana', email: 'dana@example.com' };

export type GitRig = {
  readonly folder: string;
  readonly settings: GitSettings;
  readonly repository: BareRepository;
  readonly server: GitServer;
  readonly engine: GitEngine;
  readonly access: RepositoryAccess;
  /** An engine that knows nothing of the first, as after a crash. */
  readonly secondEngine: () => GitEngine;
  readonly accessWith: (spec: Readonly<Record<string, unknown>>, more?: Partial<RepositoryAccess>) => RepositoryAccess;
};

/** A repository with podinfo's manifest behind a real Git server, and an engine. All gone after the test. */
export const gitRig = async (
  t: TestContext,
  options: {
    readonly files?: Readonly<Record<string, string>>;
    readonly login?: { readonly username: string; readonly password: string };
  } = {},
): Promise<GitRig> => {
  const folder = await mkdtemp(join(tmpdir(), 'serin-git-test-'));
  const settings: GitSettings = {
    clock: systemClock,
    home: folder,
    searchPath: '/usr/local/bin:/usr/bin:/bin',
    allowInsecure: true,
  };
  const repository = await BareRepository.create(settings, { parent: folder, name: 'config' });
  const files = options.files ?? { 'apps/podinfo/deployment.yaml': DEPLOYMENT, 'README.md': '# Config\n' };
  await repository.commitFiles({ files, message: 'Release podinfo 6.8.0', author: DEVELOPER });
  const server = await GitServer.start({ settings, folder, ...(options.login ? { login: options.login } : {}) });
  const engines: GitEngine[] = [];
  const secondEngine = (): GitEngine => {
    const engine = new GitEngine({
      clock: systemClock,
      random: seededRandom(7),
      folder,
      batchMs: 20,
      allowInsecure: true,
    });
    engines.push(engine);
    return engine;
  };
  const accessWith: GitRig['accessWith'] = (spec, more = {}) => ({
    ...repositoryAccess(
      repositorySpec.parse({ url: server.url('config'), author: { email: 'serin@example.com' }, ...spec }),
      { transport: options.login },
      { allowInsecure: true },
    ),
    ...more,
  });
  t.after(async () => {
    await Promise.all(engines.map((engine) => engine.close()));
    await server.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    folder,
    settings,
    repository,
    server,
    engine: secondEngine(),
    access: accessWith({}),
    secondEngine,
    accessWith,
  };
};

/** How many commits of the branch carry this operation. */
export const commitsOf = async (repository: BareRepository, id: string): Promise<number> =>
  (await repository.log('%(trailers:key=Serin-Operation,valueonly)')).split('\n').filter((line) => line === id).length;
