import { RESOURCES } from '#src/kube/resources.ts';
import { GLOO_VIRTUAL_SERVICE } from '#src/sandbox/api/plane-resources.ts';
import { createGlooStatus } from '#src/sandbox/gateway/gloo/gloo-status.ts';
import type { AskGloo } from '#src/sandbox/gateway/gloo/translate.ts';
import type { Rig } from '../rig/rig.ts';
import { type PlayedPlane, playPlane } from './control-plane.ts';
import { glooTranslator } from './gloo-snapshot.ts';

const OWN = [GLOO_VIRTUAL_SERVICE, RESOURCES.routeTable, RESOURCES.upstream];
/** From a change of an object to what is said of it. */
const STATUS_MS = 100;

/** Gloo Edge: what it says of its objects, and what it tells its gateway's Envoy. */
export const playGloo = (rig: Rig, { ask = () => undefined }: { readonly ask?: AskGloo } = {}): Promise<PlayedPlane> =>
  playPlane(rig, {
    plane: 'gloo',
    resources: [...OWN, RESOURCES.service, RESOURCES.endpointSlice],
    translator: ({ backend, view, endpoints }) => {
      const writer = createGlooStatus({ backend, statusMs: STATUS_MS, ask });
      return {
        onEvent: writer.onEvent,
        snapshot: glooTranslator({ view, endpoints, ask }),
        stop: () => writer.stop(),
      };
    },
  });
