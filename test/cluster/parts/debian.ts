import { hasProgram, run } from './run.ts';

/** Program → Debian package that brings it. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  setpriv: 'util-linux',
  openssl: 'openssl',
  git: 'git',
  prometheus: 'prometheus',
  nginx: 'nginx-light',
  fcgiwrap: 'fcgiwrap',
};

/** Installs the packages whose programs are missing. They are run by the rig, never as services. */
export const installDebian = async (): Promise<void> => {
  const missing: string[] = [];
  for (const [program, name] of Object.entries(PACKAGES)) if (!(await hasProgram(program))) missing.push(name);
  if (missing.length === 0) return;
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...missing];
  // A machine that was never updated knows no package; one that was, should not wait for it again.
  await run(install, { environment }).catch(async () => {
    await run(['apt-get', 'update'], { environment });
    await run(install, { environment });
  });
};
