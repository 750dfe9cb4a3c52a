import { at, listAt, recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { canaryRef, type World } from './a-world.ts';
import { MANIFEST, outcomesInGit } from './git-release.ts';

/** How far a run came before it was overtaken is chance; a promoted one has held every weight. */
const runOf = (object: KubeObject): unknown => {
  const { revision, outcome, cause } = recordAt(object, 'spec');
  const actions = listAt(object, 'spec', 'actions').map((action) => at(action, 'verb'));
  const weights = listAt(object, 'spec', 'steps').map((step) => at(step, 'weight'));
  return { revision, outcome, cause, actions, weights: outcome === 'Promoted' ? weights : undefined };
};

/** What is compared of each kind: everything that is the same however the end was reached, and nothing of when. */
const KINDS: Readonly<Record<string, (object: KubeObject) => unknown>> = {
  'apps/v1 Deployment': (object) => ({
    spec: object['spec'],
    ready: at(object, 'status', 'readyReplicas'),
    revision: object.metadata.labels?.['serin.dev/revision'],
  }),
  'v1 Service': (object) => ({ selector: at(object, 'spec', 'selector'), ports: at(object, 'spec', 'ports') }),
  'gateway.networking.k8s.io/v1 HTTPRoute': (object) => recordAt(object, 'spec'),
  'networking.k8s.io/v1 Ingress': (object) => ({
    spec: object['spec'],
    weight: object.metadata.annotations?.['nginx.ingress.kubernetes.io/canary-weight'],
  }),
  'networking.istio.io/v1 VirtualService': (object) => object['spec'],
  'networking.istio.io/v1 DestinationRule': (object) => object['spec'],
  'appmesh.k8s.aws/v1beta2 VirtualNode': (object) => object['spec'],
  'appmesh.k8s.aws/v1beta2 VirtualRouter': (object) => object['spec'],
  'appmesh.k8s.aws/v1beta2 VirtualService': (object) => object['spec'],
  'gateway.solo.io/v1 RouteTable': (object) => object['spec'],
  'gloo.solo.io/v1 Upstream': (object) => object['spec'],
  'apps/v1 ControllerRevision': (object) => at(object, 'data', 'revision'),
  'v1 ConfigMap': (object) => object['data'],
  'v1 Secret': (object) => object['data'],
  'serin.dev/v1alpha1 CanaryRun': runOf,
  'serin.dev/v1alpha1 CanaryAction': (object) => at(object, 'status', 'state'),
};

const objects = ({ cluster }: World): Record<string, unknown> => {
  const found: Record<string, unknown> = {};
  for (const [kind, essence] of Object.entries(KINDS)) {
    const [apiVersion = '', name = ''] = kind.split(' ');
    for (const object of cluster.api.list({ apiVersion, kind: name }, { namespace: 'shop' })) {
      found[`${name} ${object.metadata.name}`] = essence(object);
    }
  }
  return found;
};

const canary = (world: World): unknown => {
  const object = world.read(canaryRef());
  if (object === undefined) return 'gone';
  const { phase, canaryWeight, conditions, stable, desired, run, runs, quarantine, outbox, history } = world.canary();
  return {
    phase,
    canaryWeight,
    conditions: conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
    stable: stable && { revision: stable.revision, digests: stable.digests, lastGood: stable.lastGood },
    desired: desired?.revision,
    run: run?.id,
    runs,
    quarantine: quarantine.map(({ revision }) => revision),
    outbox,
    history: history.map(({ id, outcome, cause, commit }) => ({ id, outcome, cause, committed: commit !== undefined })),
    finalizers: object.metadata.finalizers,
  };
};

/** Lines of a commit message that say what was decided, and not when or with which numbers. */
const decided = (message: string): readonly string[] =>
  message.split('\n').filter((line) => /^Serin-(Outcome|Canary|Run|From|To):/.test(line));

/** Everything that a world has come to: equal worlds have come to the same end. */
export const endState = (world: World): Readonly<Record<string, unknown>> => ({
  canary: canary(world),
  objects: objects(world),
  git: {
    manifest: world.git.files[MANIFEST],
    commits: outcomesInGit(world).map(({ message }) => decided(message)),
  },
  told: [
    ...new Set(world.messages.map(({ to, topic, run, fields }) => `${to} ${topic} ${run?.id ?? runField(fields)}`)),
  ].sort(),
});

const runField = (fields: readonly { readonly title: string; readonly value: string }[]): string =>
  fields.find(({ title }) => title === 'Run')?.value ?? '';
