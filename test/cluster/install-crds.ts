import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import type { Transport } from '#src/kube/transport.ts';
import { listAt, stringAt } from '#src/lib/json.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const GATEWAY_API = ['gatewayclasses', 'gateways', 'httproutes', 'grpcroutes', 'referencegrants'];
const PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Ours, and the Gateway API's as its authors publish them. */
const files = (): readonly string[] => [
  ...GATEWAY_API.map((name) => join(ROOT, '..', 'shared', 'crds', `${name}.gateway.networking.k8s.io.yaml`)),
  ...readdirSync(join(ROOT, 'crds'))
    .filter((name) => name.endsWith('.serin.dev.yaml'))
    .map((name) => join(ROOT, 'crds', name)),
];

const isEstablished = (definition: unknown): boolean =>
  listAt(definition, 'status', 'conditions').some(
    (condition) => stringAt(condition, 'type') === 'Established' && stringAt(condition, 'status') === 'True',
  );

/** Applies the CustomResourceDefinitions that the contract needs and waits until the server serves them. */
export const installCrds = async (
  transport: Transport,
  eventually: (done: () => Promise<boolean>) => Promise<void>,
): Promise<void> => {
  for (const file of files()) {
    const body = load(readFileSync(file, 'utf8'));
    const path = `${PATH}/${stringAt(body, 'metadata', 'name')}`;
    const query = { fieldManager: 'serin-conformance', force: 'true' };
    const contentType = 'application/apply-patch+yaml';
    const applied = await transport.request({ method: 'PATCH', path, body, query, contentType });
    if (applied.status > 201) throw new Error(`Cannot apply ${file}: ${JSON.stringify(applied.body)}`);
    await eventually(async () => isEstablished((await transport.request({ method: 'GET', path })).body));
  }
  await eventually(async () => {
    const paths = ['/apis/serin.dev/v1alpha1/repositories', '/apis/gateway.networking.k8s.io/v1/httproutes'];
    const answers = await Promise.all(paths.map((path) => transport.request({ method: 'GET', path })));
    return answers.every(({ status }) => status === 200);
  });
};
