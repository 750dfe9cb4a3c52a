import { PORTS, type Rig } from '../../cluster/rig/rig.ts';
import { SERIN_ACCOUNT } from '../../cluster/world/deploy.ts';
import { aSerin, type Serin } from '../../cluster/world/serin.ts';
import type { MeasuredPlane } from './planes.ts';

const PORT = 8120;

/** Starts the bundle as a process of its own, with the rights that deploy/ gives. */
export const startSerin = async (rig: Rig, planes: readonly MeasuredPlane[]): Promise<Serin> => {
  const asksIstiod = planes.some(({ plane }) => plane === 'VirtualService');
  const flags = asksIstiod ? [`--istiod=http://127.0.0.1:${PORTS.istiod}`] : [];
  const serin = await aSerin(rig, { name: 'serin-bench', port: PORT, account: SERIN_ACCOUNT, flags });
  await serin.start();
  return serin;
};
