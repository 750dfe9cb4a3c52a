// `npm run cluster:up`: a real control plane, gateway, Prometheus, Git server and Flux on this machine, in a network
// namespace of their own. Run again, it starts what is missing. `-- --name NAME` makes another one, `-- --with istio`
// starts Istio's control plane and an Envoy as its gateway beside.
import { parseArgs } from 'node:util';
import { messageOf } from '#src/lib/message-of.ts';
import { gitLogin, gitUrl } from './components/git-server.ts';
import { PROMETHEUS } from './components/prometheus.ts';
import type { Size } from './rig/bring-up.ts';
import { ISTIO_WEB } from './rig/istio.ts';
import { isLinked } from './rig/network.ts';
import { WEB } from './rig/platform.ts';
import { printProgress } from './rig/progress.ts';
import { kubeconfigOf, program, rigOf } from './rig/rig.ts';
import { upRig } from './rig/up-rig.ts';

const { values } = parseArgs({ options: { name: { type: 'string', default: 'serin' }, with: { type: 'string' } } });
const start = performance.now();
try {
  const rig = rigOf(values.name);
  if (values.with !== undefined && values.with !== 'istio') {
    throw new RangeError(`Cannot start a cluster with "${values.with}": want istio`);
  }
  const sizes: readonly Size[] = values.with === undefined ? ['whole'] : ['whole', 'istio'];
  const progress = printProgress((text) => process.stdout.write(text));
  for (const size of sizes) await upRig(rig, { progress, link: true, size });
  const { username, password } = gitLogin(rig);
  const git = new URL(gitUrl('NAME'));
  Object.assign(git, { username, password });
  process.stdout.write(`The cluster "${rig.name}" is up (${((performance.now() - start) / 1000).toFixed(1)} s)

  export KUBECONFIG=${kubeconfigOf(rig, 'admin')}
  kubectl     ${program(rig, 'kubectl')}
  gateway     ${WEB}
${values.with === undefined ? '' : `  Istio       ${ISTIO_WEB}, at the Gateway istio-system/ingressgateway\n`}\
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
