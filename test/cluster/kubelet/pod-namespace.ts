import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { PodInterface } from './pod-interface.ts';
import { runCommand } from './run-command.ts';

/**
 * A network namespace for one pod, with its address, a link to the kubelet's namespace, and routes both ways: two pods
 * can serve the same port. It lasts as long as a process in it, which ends with the kubelet.
 */
export const inOwnNamespace = async (address: string, gateway: string): Promise<PodInterface> => {
  const holder = await startHolder();
  const { pid = 0 } = holder;
  const link = `pod-${address.split('.').slice(2).join('-')}`;
  const end = async (): Promise<void> => {
    const gone = holder.exitCode === null && holder.signalCode === null ? once(holder, 'exit') : undefined;
    holder.kill('SIGKILL');
    await gone;
  };
  try {
    await runCommand(['ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)]);
    const inside = ['nsenter', `--net=/proc/${pid}/ns/net`, 'ip'];
    await runCommand([...inside, 'link', 'set', 'lo', 'up']);
    await runCommand([...inside, 'addr', 'add', `${address}/32`, 'dev', 'eth0']);
    await runCommand([...inside, 'link', 'set', 'eth0', 'up']);
    await runCommand([...inside, 'route', 'add', 'default', 'via', gateway, 'dev', 'eth0', 'onlink']);
    await runCommand(['ip', 'link', 'set', link, 'up']);
    await runCommand(['ip', 'route', 'replace', `${address}/32`, 'dev', link, 'src', gateway]);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    address,
    holder: pid,
    remove: async () => {
      // A namespace is taken apart some time after its last process; the address may be wanted again before.
      await runCommand(['ip', 'link', 'delete', link]);
      await end();
    },
  };
};

/** Resolves when its namespace is there. */
const startHolder = async (): Promise<ChildProcess> => {
  const argv = ['--net', '--', 'setpriv', '--pdeathsig', 'KILL', '--', 'sh', '-c', 'echo up; exec sleep infinity'];
  const holder = spawn('unshare', argv, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  await new Promise<void>((resolve, reject) => {
    holder.once('error', reject);
    holder.once('exit', (code) => reject(new Error(`Cannot make a network namespace: unshare ended with ${code}`)));
    holder.stdout.once('data', () => resolve());
  });
  holder.removeAllListeners('exit');
  return holder;
};
