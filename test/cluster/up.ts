// `npm run cluster:up`: a real control plane, gateway, Prometheus, Git server and Flux on this machine, in a network
// namespace of their own. Run again, it starts what is missing. `-- --name NAME` makes another one.
import { parseArgs } from 'node:util';
import { messageOf } from '#src/lib/message-of.ts';
import { gitLogin, gitUrl } from './components/git-server.ts';
import { PROMETHEUS } from './components/prometheus.ts';
import { isLinked } from './rig/network.ts';
import { WEB } from './rig/platform.ts';
import { printProgress } from './rig/progress.ts';
import { kubeconfigOf, program, rigOf } from './rig/rig.ts';
import { upRig } from './rig/up-rig.ts';

const { values } = parseArgs({ options: { name: { type: 'string', default: 'serin' } } });
const start = performance.now();
try {
  const rig = rigOf(values.name);
  await upRig(rig, { progress: printProgress((text) => process.stdout.write(text)), link: true, size: 'whole' });
  const { username, password } = gitLogin(rig);
  const git = new URL(gitUrl('NAME'));
  Object.assign(git, { username, password });
  process.stdout.write(`The cluster "${rig.name}" is up (${((performance.now() - start) / 1000).toFixed(1)} s)

  export KUBECONFIG=${kubeconfigOf(rig, 'admin')}
  kubectl     ${program(rig, 'kubectl')}
  gateway     ${WEB}
  Prometheus  ${PROMETHEUS}
  Git         ${git}
  logs        ${rig.folder}/logs
  end it      npm run cluster:down${values.name === 'serin' ? '' : ` -- --name ${values.name}`}
`);
  if (!(await isLinked(rig.name))) {
    const inside = `ip netns exec ${rig.name}`;
    process.stdout.write(`\nAnother cluster has these addresses outside: reach this one by ${inside} …\n`);
  }
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
