import { createHttpTransport } from '#src/kube/http-transport.ts';
import type { Transport } from '#src/kube/transport.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { serveHttp } from '#src/sandbox/api/http-server.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';
import type { ApiUnderTest } from './kubernetes-api/harness.ts';
import { kubernetesApiContract } from './kubernetes-api.ts';

const sandbox = (clock: VirtualClock, transport: Transport, close: () => Promise<void>): ApiUnderTest => ({
  transport,
  eventually: async (done) => {
    for (let tries = 0; tries < 20; tries++) {
      if (await done()) return;
      await clock.advance(10);
    }
    throw new Error('Cannot reach the awaited state: still not there after 200 ms of virtual time');
  },
  close,
});

kubernetesApiContract('sandbox in process', async () => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock });
  const transport = inProcessTransport(api, { user: 'contract' });
  return sandbox(clock, transport, () => transport.close());
});

kubernetesApiContract('sandbox over HTTP', async () => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock });
  const server = await serveHttp(api, { tokens: { secret: 'contract' } });
  const headers = async () => ({ authorization: 'Bearer secret' });
  const transport = createHttpTransport({ auth: { server: server.url, tls: {}, headers }, clock });
  return sandbox(clock, transport, async () => {
    await transport.close();
    await server.close();
  });
});
