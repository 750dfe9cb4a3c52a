import { run } from '../parts/run.ts';
import { ADDRESS } from './rig.ts';

/** What the machine outside has as its end of the link, so that a person's kubectl and browser reach the cluster. */
const OUTSIDE = '10.244.255.2';

const namespaces = async (): Promise<readonly string[]> =>
  (await run(['ip', 'netns', 'list'])).split('\n').map((line) => line.split(' ')[0] ?? '');

export const networkExists = async (name: string): Promise<boolean> => (await namespaces()).includes(name);

const PODS = '10.244.0.0/16';
const outerEnd = (name: string): string => `${name.slice(0, 13)}-o`;

/** True when the machine outside reaches this one. */
export const isLinked = async (name: string): Promise<boolean> =>
  (await run(['ip', 'route', 'show', PODS])).includes(`dev ${outerEnd(name)} `);

/**
 * Makes the network namespace with the rig's address. With `link`, a pair of interfaces joins it to the machine, unless
 * another one is joined already: they all have the same addresses. Nothing else can reach what listens in it.
 */
export const makeNetwork = async (name: string, { link }: { readonly link: boolean }): Promise<void> => {
  await run(['ip', 'netns', 'add', name]);
  const inside = ['ip', '-n', name];
  await run([...inside, 'link', 'set', 'lo', 'up']);
  await run([...inside, 'address', 'add', `${ADDRESS}/32`, 'dev', 'lo']);
  // Controllers in pods answer to addresses of their own namespaces.
  await run(['ip', 'netns', 'exec', name, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  if (!link || (await run(['ip', 'route', 'show', PODS])).trim() !== '') return;
  const outer = outerEnd(name);
  await run(['ip', 'link', 'add', outer, 'type', 'veth', 'peer', 'name', 'outside', 'netns', name]);
  await run([...inside, 'link', 'set', 'outside', 'up']);
  await run([...inside, 'route', 'add', OUTSIDE, 'dev', 'outside', 'src', ADDRESS]);
  await run(['ip', 'address', 'add', `${OUTSIDE}/32`, 'dev', outer]);
  await run(['ip', 'link', 'set', outer, 'up']);
  await run(['ip', 'route', 'add', PODS, 'dev', outer, 'via', ADDRESS, 'onlink', 'src', OUTSIDE]);
};

/** Nothing of it is left, interfaces and routes included. */
export const removeNetwork = async (name: string): Promise<void> => {
  // The kernel takes a namespace away some time after its last user; the interface outside must not wait for that.
  await run(['ip', 'link', 'delete', outerEnd(name)]).catch(() => {});
  if (await networkExists(name)) await run(['ip', 'netns', 'delete', name]);
};
