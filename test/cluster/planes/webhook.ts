import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseObject } from '#src/kube/parse-object.ts';
import { at, type JsonRecord, stringAt } from '#src/lib/json.ts';
import type { Resource } from '#src/lib/kube-object.ts';
import type { KindRules } from '#src/sandbox/api/admission.ts';
import { ApiError } from '#src/sandbox/api/status.ts';
import { apply, kubectl } from '../rig/kubectl.ts';
import { ADDRESS, CERTIFICATE, type Rig } from '../rig/rig.ts';

export type WebhookOptions = {
  readonly port: number;
  readonly resources: readonly Resource[];
  /** By `Kind.group`, as the sandbox's API server has them. */
  readonly rules: Readonly<Record<string, KindRules>>;
};

/** The API server says itself whose denial it is. */
const DENIED = /^admission webhook "[^"]*" denied the request: /;

/** What rules make of a request for admission; limits of a CRD are the API server's own to check. */
const admitted = (request: unknown, { resources, rules }: WebhookOptions): JsonRecord => {
  const [group, kind] = ['group', 'kind'].map((field) => stringAt(request, 'kind', field));
  const resource = resources.find((one) => one.group === group && one.kind === kind);
  const object = resource && parseObject(resource, at(request, 'object'));
  const old = resource && parseObject(resource, at(request, 'oldObject'));
  const admit = rules[`${kind}.${group}`]?.admit;
  if (object === undefined || admit === undefined) return { allowed: true };
  try {
    const user = stringAt(request, 'userInfo', 'username') ?? '';
    const verdict = admit(object, { user, ...(old === undefined ? {} : { old }) });
    if ('problems' in verdict || verdict.object === object) return { allowed: true };
    const patch = JSON.stringify([{ op: 'add', path: '/spec', value: verdict.object['spec'] }]);
    return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(patch).toString('base64') };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { code, reason } = error.status;
    return { allowed: false, status: { code, reason, message: error.message.replace(DENIED, '') } };
  }
};

const serve = (rig: Rig, options: WebhookOptions): Promise<Server> => {
  // The API server made them for every server at its address.
  const [cert, key] = ['crt', 'key'].map((end) => readFileSync(join(rig.folder, 'api-server', `apiserver.${end}`)));
  // A connection that is closed when it is idle may be so in the moment of its next request.
  const server = createServer({ cert, key, keepAliveTimeout: 0 }, async (asked, answer) => {
    const review: unknown = JSON.parse(await text(asked));
    const request = at(review, 'request');
    const response = { uid: stringAt(request, 'uid'), ...admitted(request, options) };
    answer.setHeader('content-type', 'application/json');
    answer.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, ADDRESS, () => resolve(server));
  });
};

const configuration = (rig: Rig, { port, resources }: WebhookOptions) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: `port-${port}` },
  webhooks: resources.map(({ group, version, kind, plural }) => ({
    name: `m${kind.toLowerCase()}.${group}`,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    timeoutSeconds: 5,
    clientConfig: {
      url: `https://${ADDRESS}:${port}/`,
      caBundle: readFileSync(join(rig.folder, CERTIFICATE)).toString('base64'),
    },
    rules: [{ apiGroups: [group], apiVersions: [version], resources: [plural], operations: ['CREATE', 'UPDATE'] }],
  })),
});

/** Lets the API server ask rules of the sandbox, as webhooks of a control plane. */
export const startWebhook = async (
  rig: Rig,
  options: WebhookOptions,
): Promise<{ readonly stop: () => Promise<void> }> => {
  const server = await serve(rig, options);
  const made = configuration(rig, options);
  await apply(rig, [made]);
  return {
    stop: async () => {
      await kubectl(rig, ['delete', 'mutatingwebhookconfiguration', made.metadata.name]);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
