import type { KubeClient } from '#src/kube/client.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { appMeshRules } from '#src/sandbox/api/rules-app-mesh.ts';
import { createAppMeshController } from '#src/sandbox/gateway/app-mesh/app-mesh-controller.ts';
import type { AskAws } from '#src/sandbox/gateway/app-mesh/aws-answer.ts';
import { GATEWAY_KINDS, ObjectView } from '#src/sandbox/gateway/object-view.ts';
import { PORTS, type Rig } from '../rig/rig.ts';
import { until } from '../world/until.ts';
import { type PlayedPlane, playPlane } from './control-plane.ts';
import { meshSnapshot } from './mesh-snapshot.ts';
import { startWebhook } from './webhook.ts';

const MEMBERS = [RESOURCES.virtualNode, RESOURCES.virtualRouter, RESOURCES.appMeshVirtualService];
const OWN = [RESOURCES.mesh, ...MEMBERS];
/** From a change of an object to its status: AWS is asked meanwhile. */
const STATUS_MS = 300;

/** App Mesh: its controller with its webhooks, the AWS that it talks to, and what that tells the Envoy of a client. */
export const playAppMesh = (
  rig: Rig,
  { askAws = () => ({ type: 'active' }) }: { readonly askAws?: AskAws } = {},
): Promise<PlayedPlane> =>
  playPlane(rig, {
    plane: 'app-mesh',
    resources: [...OWN, RESOURCES.namespace, RESOURCES.service, RESOURCES.endpointSlice],
    translator: async ({ backend, view, endpoints, changed }) => {
      const aws = new ObjectView();
      const controller = createAppMeshController({
        backend,
        statusMs: STATUS_MS,
        askAws,
        onTaken: (event) => {
          if (aws.apply(event) !== undefined) changed();
        },
      });
      const webhook = await startWebhook(rig, {
        port: PORTS.meshWebhook,
        resources: OWN,
        rules: appMeshRules({
          meshes: () => backend.list(GATEWAY_KINDS.Mesh),
          namespaces: () => backend.list(GATEWAY_KINDS.Namespace),
        }),
      });
      return {
        onEvent: controller.onEvent,
        snapshot: () => meshSnapshot({ aws, view, endpoints }),
        stop: async () => {
          controller.stop();
          await webhook.stop();
        },
      };
    },
  });

/** Resolves when no mesh has a member any more: their finalizers go only while somebody plays the controller. */
export const untilMeshIsEmpty = (client: KubeClient): Promise<unknown> =>
  until('mesh without members', async () => {
    const lists = await Promise.all(MEMBERS.map((resource) => client.list(resource)));
    return lists.every(({ items }) => items.length === 0);
  });
