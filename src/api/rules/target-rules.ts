import type { StoredCanarySpec } from '../canary.ts';
import { TARGET_KINDS } from '../target-kinds.ts';
import { isOn, on } from './plane-rules.ts';
import { celList, celText, type Rule, type RuleBody, rulesAt } from './rule.ts';

type Spec = StoredCanarySpec;
type TargetRef = Spec['targetRef'];

const isOneOf = (words: readonly string[], word: string): boolean => words.includes(word);
const API_VERSIONS: Readonly<Record<(typeof TARGET_KINDS)[number], string>> = {
  Deployment: 'apps/v1',
  DaemonSet: 'apps/v1',
  Service: 'v1',
};
/** What puts something into Git that a Service does not have. */
const WITHOUT_IMAGE = ['none', 'record'] as const;

const refRules = rulesAt<TargetRef>('spec.targetRef', [
  {
    field: 'kind',
    fault: 'forbidden',
    sentence:
      'targetRef.kind StatefulSet cannot be released beside itself: its pods have names and volumes, which two copies would split; release it by its own updateStrategy with a partition, or put what keeps nothing into a Deployment',
    cel: 'self.kind != "StatefulSet"',
    holds: ({ kind }) => kind !== 'StatefulSet',
  },
  {
    field: 'kind',
    fault: 'forbidden',
    sentence: 'targetRef.kind {kind} is not supported: want Deployment, DaemonSet or Service',
    cel: `self.kind in ${celList([...TARGET_KINDS, 'StatefulSet'])}`,
    holds: ({ kind }) => isOneOf([...TARGET_KINDS, 'StatefulSet'], kind),
  },
  ...Object.entries(API_VERSIONS).map(
    ([kind, apiVersion]): RuleBody<TargetRef> => ({
      field: 'apiVersion',
      sentence: `targetRef.apiVersion "{apiVersion}" has no ${kind} that can be released: want ${apiVersion}`,
      cel: `self.kind != ${celText(kind)} || self.apiVersion == ${celText(apiVersion)}`,
      holds: (ref) => ref.kind !== kind || ref.apiVersion === apiVersion,
    }),
  ),
]);

/** What must hold where the target is a Service, whose versions are the team's to run. */
const ofService = (rule: Omit<RuleBody<Spec>, 'holds'> & { holds(spec: Spec): boolean }): RuleBody<Spec> => ({
  ...rule,
  cel: `self.targetRef.kind != "Service" || ${rule.cel}`,
  holds: (spec) => spec.targetRef.kind !== 'Service' || rule.holds(spec),
});

const specRules = rulesAt<Spec>('spec', [
  {
    field: 'canaryMinReplicas',
    fault: 'forbidden',
    sentence:
      'canaryMinReplicas has no effect on a {targetRef.kind}: of a DaemonSet the canary runs on every node that it selects, of a Service the pods are your own; remove it',
    cel: 'self.targetRef.kind == "Deployment" || self.canaryMinReplicas == 1',
    holds: ({ targetRef, canaryMinReplicas }) => targetRef.kind === 'Deployment' || canaryMinReplicas === 1,
  },
  ofService({
    field: 'service.name',
    fault: 'required',
    sentence:
      'service.name must name another Service than targetRef: that one leads to what Git asks for, unjudged; set service.name to the Service that users are to call',
    cel: '(has(self.service.name) && self.service.name != self.targetRef.name)',
    holds: ({ service, targetRef }) => service.name !== undefined && service.name !== targetRef.name,
  }),
  ofService({
    field: 'git.onFailure',
    sentence:
      'git.onFailure cannot put a Service back in Git, which has no image: set it to record or none, and revert the selector by hand',
    cel: `(!has(self.git) || (has(self.git.onFailure) && self.git.onFailure in ${celList(WITHOUT_IMAGE)}))`,
    holds: ({ git }) => git === undefined || isOneOf(WITHOUT_IMAGE, git.onFailure ?? ''),
  }),
  ofService({
    field: 'provider',
    fault: 'forbidden',
    sentence:
      'provider appmesh cannot release a Service: App Mesh decides when a pod starts which VirtualNode it is of, and these pods change sides while they run; want a target that is a Deployment',
    cel: `!(${isOn('appmesh')})`,
    holds: (spec) => !on(spec, 'appmesh'),
  }),
  ofService({
    field: 'analysis.mirror',
    fault: 'forbidden',
    sentence:
      'analysis.mirror cannot be measured on Istio where the target is a Service: copies are counted by workload, and the workloads are your own; remove it',
    cel: `(!has(self.analysis.mirror) || !self.analysis.mirror || !(${isOn('istio')}))`,
    holds: (spec) => spec.analysis.mirror !== true || !on(spec, 'istio'),
  }),
]);

/** What can be released, and what a kind of target rules out. */
export const targetRules: readonly Rule[] = [...refRules, ...specRules];
