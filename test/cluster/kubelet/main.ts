// Nodes whose pods are processes: registers them, binds every pending pod to one of them and runs it. An image is an
// HTTP server of this process, or a program with a network and files of its own, as the images file says. Runs as root
// in the cluster's network namespace. Prints "ready" when its Nodes are registered.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createKubeClient } from '#src/kube/create-client.ts';
import { createHttpTransport } from '#src/kube/http-transport.ts';
import { loadKubeConfig } from '#src/kube/load-kube-config.ts';
import { systemClock as clock } from '#src/lib/clock.ts';
import { messageOf } from '#src/lib/message-of.ts';
import { Addresses, addressesOnLoopback } from './addresses.ts';
import { createCaches } from './caches.ts';
import { followImages } from './images-file.ts';
import { Kubelet } from './kubelet.ts';
import { log } from './log.ts';
import { nodeObject } from './node.ts';
import { readOptions } from './options.ts';
import { createPodApi } from './pod-api.ts';
import { removeFromLoopback } from './pod-interface.ts';
import { TargetsFile } from './targets-file.ts';

const start = async (): Promise<void> => {
  const options = readOptions(process.argv.slice(2));
  mkdirSync(options.logs, { recursive: true });
  forgetOldFiles(options.logs);
  const ended = new AbortController();
  const images = followImages(options.images, (error) => log('The images file cannot be read', { error }));
  const auth = await loadKubeConfig({ from: 'file', path: options.kubeconfig });
  const transport = createHttpTransport({ auth, clock });
  const random = Math.random;
  const client = createKubeClient({ transport, clock, random });
  const api = createPodApi({ transport, clock, log, signal: ended.signal });
  const caches = createCaches({ client, clock, random, log });
  const targets = new TargetsFile(options.targets, clock);
  const nodes = options.nodes.map((name) => nodeObject({ name, address: options.address, now: clock.now() }));
  const kubelet = new Kubelet({
    api,
    addresses: new Addresses(),
    backend: caches.backend,
    clock,
    hostIP: options.address,
    images,
    log,
    logs: options.logs,
    nodes,
    service: options.service ?? serviceOf(auth.server),
    targets,
  });

  const stop = async (): Promise<void> => {
    ended.abort();
    await kubelet.stop();
    targets.write();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);

  for (const node of nodes) await api.createNode(node);
  // Configs first: a pod must not find one missing that is only not read yet.
  caches.configMaps.start();
  caches.secrets.start();
  await Promise.all([caches.configMaps.whenSynced(), caches.secrets.whenSynced()]);
  caches.configMaps.store.onChange(({ after }) => after && kubelet.configChanged('ConfigMap', after.metadata));
  caches.secrets.store.onChange(({ after }) => after && kubelet.configChanged('Secret', after.metadata));
  await forgetOldAddresses();
  caches.pods.store.onChange(({ before, after }) => {
    if (before !== undefined && before.metadata.uid !== after?.metadata.uid) kubelet.podGone(before.metadata);
    if (after !== undefined) kubelet.podShown(after);
  });
  caches.pods.start();
  await caches.pods.whenSynced();
  targets.write();
  process.stdout.write('ready\n');
};

/** Host and port of a server's URL. */
const serviceOf = (server: string): { readonly host: string; readonly port: string } => {
  const { hostname, port, protocol } = new URL(server);
  return { host: hostname, port: port !== '' ? port : protocol === 'https:' ? '443' : '80' };
};

/** What a kubelet that was killed has left: volumes, and numbers of processes that ended with it. Logs stay. */
const forgetOldFiles = (logs: string): void => {
  rmSync(join(logs, 'pods'), { recursive: true, force: true });
  for (const file of readdirSync(logs)) if (file.endsWith('.pid')) rmSync(join(logs, file), { force: true });
};

/** Also left by one that was killed. */
const forgetOldAddresses = async (): Promise<void> => {
  for (const address of await addressesOnLoopback()) await removeFromLoopback(address);
};

process.on('unhandledRejection', (error) => log('A promise was rejected', { error }));
start().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
});
