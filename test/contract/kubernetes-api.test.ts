import { createHttpTransport } from '#src/kube/http-transport.ts';
import type { Transport } from '#src/kube/transport.ts';
import { seededRandom } from '#src/lib/random.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { serveHttp } from '#src/sandbox/api/http-server.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';
import { PodNetwork } from '#src/sandbox/network/pod-network.ts';
import { ImageCatalogue } from '#src/sandbox/workloads/image-catalogue.ts';
import { startWorkloads } from '#src/sandbox/workloads/start-workloads.ts';
import type { ApiUnderTest } from './kubernetes-api/harness.ts';
import { kubernetesApiContract } from './kubernetes-api.ts';

const sandbox = (under: { clock: VirtualClock; api: SandboxApi; transport: Transport }): ApiUnderTest => {
  const { clock, api, transport } = under;
  const network = new PodNetwork({ listen: false });
  const stopWorkloads = startWorkloads({
    backend: api,
    random: seededRandom(1),
    catalogue: new ImageCatalogue({}),
    network,
  });
  return {
    transport,
    eventually: async (done) => {
      for (let tries = 0; tries < 20; tries++) {
        if (await done()) return;
        await clock.advance(10);
      }
      throw new Error('Cannot reach the awaited state: still not there after 200 ms of virtual time');
    },
    wait: (ms) => clock.advance(ms),
    compact: async () => api.compact(),
    close: async () => {
      stopWorkloads();
      await network.close();
      await transport.close();
    },
  };
};

kubernetesApiContract('sandbox in process', async () => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock });
  return sandbox({ clock, api, transport: inProcessTransport(api, { user: 'contract' }) });
});

kubernetesApiContract('sandbox over HTTP', async () => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock });
  const server = await serveHttp(api, { tokens: { secret: 'contract' } });
  const headers = async () => ({ authorization: 'Bearer secret' });
  const transport = createHttpTransport({ auth: { server: server.url, tls: {}, headers }, clock });
  const under = sandbox({ clock, api, transport });
  return {
    ...under,
    close: async () => {
      await under.close();
      await server.close();
    },
  };
});
