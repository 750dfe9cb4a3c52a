import { SPECS } from '../example.ts';
import { WRONG_AUTOSCALERS } from './wrong-autoscalers.ts';
import { WRONG_EXPOSURES } from './wrong-exposures.ts';
import { WRONG_RECEIVERS } from './wrong-receivers.ts';
import { WRONG_WEBHOOKS } from './wrong-webhooks.ts';

/** A spec that one rule refuses, and every problem that is told of it, as `where: message`. */
export type WrongSpec = { readonly kind: string; readonly spec: unknown; readonly told: readonly string[] };

type Fields = Readonly<Record<string, unknown>>;
const canary = SPECS['Canary'] ?? {};
const analysis: Fields = {
  interval: '30s',
  stepWeights: [5, 50],
  metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
};
const service: Fields = { port: 80, gatewayRefs: [{ name: 'edge' }] };

/** Canaries that differ from the example in one part. */
const withSpec = (fields: Fields, ...told: readonly string[]): WrongSpec => ({
  kind: 'Canary',
  spec: { ...canary, ...fields },
  told,
});
const withAnalysis = (fields: Fields, ...told: readonly string[]): WrongSpec =>
  withSpec({ analysis: { ...analysis, ...fields } }, ...told.map((text) => `spec.analysis${text}`));
const withMetric = (metric: Fields, ...told: readonly string[]): WrongSpec =>
  withAnalysis({ metrics: [metric] }, ...told.map((text) => `.metrics[0]${text}`));
const withService = (fields: Fields, ...told: readonly string[]): WrongSpec =>
  withSpec({ service: { ...service, ...fields } }, ...told.map((text) => `spec.service${text}`));
const withGit = (fields: Fields, ...told: readonly string[]): WrongSpec =>
  withSpec(
    { git: { repositoryRef: { name: 'config' }, path: 'apps', ...fields } },
    ...told.map((text) => `spec.git${text}`),
  );
const other = (kind: string, fields: Fields, ...told: readonly string[]): WrongSpec => ({
  kind,
  spec: { ...SPECS[kind], ...fields },
  told,
});

const ingressRef = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'podinfo' };
const routeRef = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', name: 'podinfo' };
const virtualService = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', name: 'podinfo' };
const WANT_PLANE = 'want gatewayapi, istio, nginx, appmesh or gloo';
const range = { min: 1 };

const planes: readonly WrongSpec[] = [
  withSpec(
    { provider: 'kuma', service: { port: 80 } },
    `spec.provider: provider "kuma" is not supported yet: ${WANT_PLANE}`,
  ),
  withSpec(
    { provider: 'osm', service: { port: 80 } },
    'spec.provider: provider "osm" is discontinued and not supported: its successor is gatewayapi',
  ),
  withSpec({ provider: 'ngnix', service: { port: 80 } }, `spec.provider: provider "ngnix" is unknown: ${WANT_PLANE}`),
  withSpec(
    { service: { port: 80 } },
    'spec: Nothing tells the data plane: set service.gatewayRefs or routeRef for Gateway API, ingressRef for NGINX, or provider',
  ),
  withSpec(
    { provider: 'appmesh', service: { port: 80 } },
    'spec.acknowledgeEndOfLife: AWS has switched App Mesh off on 2026-09-30: move to VPC Lattice with provider gatewayapi (docs/app-mesh.md), or set acknowledgeEndOfLife: true',
  ),
  withSpec(
    { acknowledgeEndOfLife: true },
    'spec.acknowledgeEndOfLife: acknowledgeEndOfLife is for provider appmesh, which is at its end: remove it',
  ),
  withSpec(
    { provider: 'istio' },
    'spec.service.gatewayRefs: service.gatewayRefs has no effect with provider istio: remove it, or set provider: gatewayapi',
  ),
  withSpec(
    { provider: 'istio', service: { port: 80 }, routeRef },
    'spec.routeRef: routeRef HTTPRoute has no effect with provider istio: want an HTTPRoute with gatewayapi, a VirtualService with istio, or no routeRef',
  ),
  withSpec(
    { provider: 'gloo', service: { port: 80, hosts: ['shop.example.com'] } },
    'spec.service.hosts: service.hosts has no effect with provider gloo, which takes the hosts from elsewhere: remove it',
  ),
  withSpec(
    { provider: 'istio', service: { port: 80, delegation: true, hosts: ['shop.example.com'] } },
    'spec.service.delegation: service.delegation makes a VirtualService without hosts and gateways: remove service.hosts and gateways',
  ),
  withSpec(
    { service: { port: 80, timeout: '5s' }, routeRef: virtualService },
    'spec.service: service has options of a route (match, retries, timeout, headers, corsPolicy, rewrite) and routeRef names a route that has its own: put them into that route',
  ),
  withSpec(
    { upstreamRef: { name: 'podinfo' } },
    'spec.upstreamRef: upstreamRef has an effect with provider gloo only: remove it, or set provider: gloo',
  ),
  withSpec(
    { service, ingressRef },
    'spec.provider: provider is not set and both ingressRef (NGINX) and service.gatewayRefs or routeRef (Gateway API) are: keep those of one data plane',
  ),
  withSpec(
    { service: { port: 80 }, provider: 'gatewayapi:v1' },
    'spec.service.gatewayRefs: provider gatewayapi needs service.gatewayRefs, or routeRef to adopt an HTTPRoute',
  ),
  withSpec(
    { service: { port: 80 }, provider: 'nginx' },
    'spec.ingressRef: provider nginx needs ingressRef, the Ingress whose traffic is split',
  ),
  withSpec(
    { service, ingressRef, provider: 'gatewayapi' },
    'spec.ingressRef: ingressRef has no effect with provider gatewayapi: remove it, or set provider: nginx',
  ),
  withSpec(
    { service: { port: 80 }, ingressRef, routeRef, provider: 'nginx' },
    'spec.routeRef: routeRef HTTPRoute has no effect with provider nginx: want an HTTPRoute with gatewayapi, a VirtualService with istio, or no routeRef',
  ),
  withSpec(
    { service: { port: 80, hosts: ['shop.example.com'] }, ingressRef },
    'spec.service.hosts: service.hosts has no effect on an Ingress, whose rules name the hosts: remove it',
  ),
  withSpec(
    { routeRef: { ...routeRef, kind: 'ApisixRoute' } },
    'spec.routeRef.kind: routeRef.kind ApisixRoute is not supported yet: want HTTPRoute or VirtualService',
  ),
  withSpec(
    { routeRef: { ...routeRef, apiVersion: 'v1' } },
    'spec.routeRef.apiVersion: routeRef.apiVersion "v1" has no HTTPRoute: want gateway.networking.k8s.io/v1',
  ),
  withSpec(
    { service: { port: 80 }, routeRef: { ...virtualService, apiVersion: 'v1' } },
    'spec.routeRef.apiVersion: routeRef.apiVersion "v1" has no VirtualService: want networking.istio.io/v1',
  ),
  withSpec(
    { service: { port: 80 }, ingressRef: { ...ingressRef, apiVersion: 'extensions/v1beta1' } },
    'spec.ingressRef: ingressRef extensions/v1beta1 Ingress cannot be split: want networking.k8s.io/v1 Ingress',
  ),
];

const serviceRef = { apiVersion: 'v1', kind: 'Service', name: 'wanted' };
const git = { repositoryRef: { name: 'config' }, path: 'apps', onFailure: 'record' };
const named = { ...service, name: 'podinfo' };
const targets: readonly WrongSpec[] = [
  withSpec(
    { targetRef: { kind: 'StatefulSet', name: 'podinfo' } },
    'spec.targetRef.kind: targetRef.kind StatefulSet cannot be released beside itself: its pods have names and volumes, which two copies would split; release it by its own updateStrategy with a partition, or put what keeps nothing into a Deployment',
  ),
  withSpec(
    { targetRef: { kind: 'Rollout', name: 'podinfo' } },
    'spec.targetRef.kind: targetRef.kind Rollout is not supported: want Deployment, DaemonSet or Service',
  ),
  withSpec(
    { targetRef: { apiVersion: 'v1', kind: 'DaemonSet', name: 'podinfo' } },
    'spec.targetRef.apiVersion: targetRef.apiVersion "v1" has no DaemonSet that can be released: want apps/v1',
  ),
  withSpec(
    { targetRef: { ...serviceRef, apiVersion: 'serving.knative.dev/v1' }, service: named, git },
    'spec.targetRef.apiVersion: targetRef.apiVersion "serving.knative.dev/v1" has no Service that can be released: want v1',
  ),
  withSpec(
    { targetRef: { kind: 'DaemonSet', name: 'podinfo' }, canaryMinReplicas: 2 },
    'spec.canaryMinReplicas: canaryMinReplicas has no effect on a DaemonSet: of a DaemonSet the canary runs on every node that it selects, of a Service the pods are your own; remove it',
  ),
  withSpec(
    { targetRef: serviceRef, git },
    'spec.service.name: service.name must name another Service than targetRef: that one leads to what Git asks for, unjudged; set service.name to the Service that users are to call',
  ),
  withSpec(
    { targetRef: serviceRef, service: { ...named, name: 'wanted' }, git },
    'spec.service.name: service.name must name another Service than targetRef: that one leads to what Git asks for, unjudged; set service.name to the Service that users are to call',
  ),
  withSpec(
    { targetRef: serviceRef, service: named, git: { ...git, onFailure: undefined } },
    'spec.git.onFailure: git.onFailure cannot put a Service back in Git, which has no image: set it to record or none, and revert the selector by hand',
  ),
  withSpec(
    {
      targetRef: serviceRef,
      service: { name: 'podinfo', port: 80, meshName: 'mesh' },
      provider: 'appmesh',
      acknowledgeEndOfLife: true,
      git,
    },
    'spec.provider: provider appmesh cannot release a Service: App Mesh decides when a pod starts which VirtualNode it is of, and these pods change sides while they run; want a target that is a Deployment',
  ),
  withSpec(
    {
      targetRef: serviceRef,
      service: { name: 'podinfo', port: 80 },
      provider: 'istio',
      analysis: { ...analysis, mirror: true },
      git,
    },
    'spec.analysis.mirror: analysis.mirror cannot be measured on Istio where the target is a Service: copies are counted by workload, and the workloads are your own; remove it',
  ),
  withSpec(
    { targetRef: { apiVersion: 'extensions/v1beta1', kind: 'Deployment', name: 'podinfo' } },
    'spec.targetRef.apiVersion: targetRef.apiVersion "extensions/v1beta1" has no Deployment that can be released: want apps/v1',
  ),
  withSpec(
    { targetRef: { name: '2048.game' } },
    'spec.service.name: targetRef.name "2048.game" cannot name a Service: set service.name to letters, digits and "-"',
  ),
  withSpec(
    {
      provider: 'nginx',
      service: { port: 80 },
      ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'podinfo' },
      analysis: { ...analysis, mirror: true },
    },
    'spec.analysis.mirror: This data plane cannot mirror requests (nginx and appmesh cannot): remove analysis.mirror',
  ),
];

const OWN_ROUTE = 'remove it, or put it into an HTTPRoute of your own and name that as routeRef';
const OWN_LIST = 'remove it, or put it into an HTTPRoute of your own, named as routeRef';
const OWN = 'remove it, or put it into a route of your own and name that as routeRef';
const onlyOn = (field: string, planes: string, instead: string): string =>
  `.${field}: service.${field} has an effect with provider ${planes} only: ${instead}`;
const notYet = (field: string, instead: string): string => `.${field}: ${field} is not supported yet: ${instead}`;

const SETTINGS: Fields = {
  apex: { labels: { team: 'shop' } },
  primary: {},
  canary: { annotations: { a: 'b' } },
  trafficDistribution: 'PreferClose',
  portDiscovery: true,
};
const ofServices: readonly WrongSpec[] = Object.entries(SETTINGS).map(([name, value]) =>
  withSpec(
    {
      targetRef: { apiVersion: 'v1', kind: 'Service', name: 'podinfo' },
      service: { ...service, name: 'shop', [name]: value },
      git: undefined,
    },
    `spec.service.${name}: service.${name} has no effect on a target of kind Service, whose settings the sides get: remove it`,
  ),
);

const services: readonly WrongSpec[] = [
  ...ofServices,
  withService({ timeout: '5s' }, onlyOn('timeout', 'istio, appmesh, gloo', OWN)),
  withService({ backendTimeout: '5s' }, notYet('backendTimeout', OWN_ROUTE)),
  withService({ retries: { attempts: 3 } }, onlyOn('retries', 'istio, appmesh, gloo', OWN)),
  withService({ headers: { request: { add: { a: 'b' } } } }, onlyOn('headers', 'istio, gloo', OWN)),
  withService({ corsPolicy: { allowMethods: ['GET'] } }, onlyOn('corsPolicy', 'istio, gloo', OWN)),
  withService({ rewrite: { uri: '/' } }, onlyOn('rewrite', 'istio, gloo', OWN)),
  withService({ match: [{ uri: { prefix: '/' } }] }, onlyOn('match', 'istio, appmesh, gloo', OWN)),
  withService({ mirror: [{ backendRef: { name: 'x' } }] }, notYet('mirror', OWN_LIST)),
  withService({ headless: true }, notYet('headless', 'remove it; weights need Services with an address')),
  withService({ gateways: ['mesh'] }, onlyOn('gateways', 'istio', 'remove it')),
  withService({ delegation: true }, onlyOn('delegation', 'istio', 'remove it')),
  withService({ trafficPolicy: { tls: { mode: 'DISABLE' } } }, onlyOn('trafficPolicy', 'istio', 'remove it')),
  withService({ meshName: 'global' }, onlyOn('meshName', 'appmesh', 'remove it')),
  withService({ backends: ['x'] }, onlyOn('backends', 'appmesh', 'remove it')),
  withService(
    { gatewayRefs: [{ name: 'edge' }, { kind: 'Service', group: '', name: 'podinfo' }] },
    '.gatewayRefs[1]: gatewayRefs that are not a Gateway of gateway.networking.k8s.io are not supported yet: remove group and kind',
  ),
];

const EVIDENCE = 'remove it; it belongs to the evidence judge';
const OWN_METRIC = { metrics: [{ name: 'errors', query: 'vector(1)', thresholdRange: { max: 1 } }] };
const TWO_STRATEGIES =
  'iterations (blue/green, A/B) and stepWeight or stepWeights (canary) are both set: keep those of one strategy';
const NOT_JUDGED =
  'Nothing would judge this blue/green run before it takes all traffic: the built-in metrics count what the route leads to the canary, which is nothing till then; add analysis.mirror, a metric of your own, or a webhook of type rollout';

const analyses: readonly WrongSpec[] = [
  withAnalysis(
    { judge: 'evidence' },
    '.judge: judge: evidence is not supported yet: want judge: threshold, and a thresholdRange on every metric',
  ),
  withAnalysis(
    { metrics: [] },
    '.metrics: Without metrics and threshold the evidence judge would decide, which is not supported yet: add a metric with a thresholdRange',
  ),
  withAnalysis(
    { metrics: [], threshold: 5 },
    '.metrics: metrics is empty, so nothing would judge the canary: add a metric with a thresholdRange, or a webhook of type rollout',
  ),
  withAnalysis(
    { metrics: [], judge: 'threshold' },
    '.metrics: metrics is empty, so nothing would judge the canary: add a metric with a thresholdRange, or a webhook of type rollout',
  ),
  withAnalysis(
    { metrics: [{ name: 'request-duration', thresholdRange: { max: 500 }, dryRun: true }] },
    '.metrics: Every metric is a dryRun, so nothing would judge the canary: want at least one that counts',
  ),
  withAnalysis(
    { consecutiveThreshold: 3 },
    '.consecutiveThreshold: consecutiveThreshold is never reached, because threshold (1 when absent) is reached before it: want a threshold at least as high',
  ),
  withAnalysis({ interval: '500ms' }, '.interval: interval 500ms is too short: want 1s or more'),
  withAnalysis({ stepWeight: 5 }, '.stepWeight: stepWeight and stepWeights are both set: keep one of them'),
  withAnalysis(
    { stepWeights: [10, 5] },
    '.stepWeights: stepWeights must rise at every step: want each number to be greater than the one before',
  ),
  withAnalysis(
    { stepWeights: [5, 5, 50] },
    '.stepWeights: stepWeights must rise at every step: want each number to be greater than the one before',
  ),
  withAnalysis(
    { verifyTraffic: 'required' },
    '.verifyTraffic: verifyTraffic: required is not supported yet: want best-effort',
  ),
  withAnalysis({ verifyTraffic: 'off' }, '.verifyTraffic: verifyTraffic: off is not supported yet: want best-effort'),
  withAnalysis({ iterations: 10, ...OWN_METRIC }, `.iterations: ${TWO_STRATEGIES}`),
  withAnalysis(
    { stepWeights: undefined, stepWeight: 5, iterations: 10, ...OWN_METRIC },
    `.iterations: ${TWO_STRATEGIES}`,
  ),
  withAnalysis(
    { stepWeights: undefined, iterations: 10, stepWeightPromotion: 5, ...OWN_METRIC },
    '.stepWeightPromotion: stepWeightPromotion has an effect with weights only, and iterations has none: remove one of them',
  ),
  withAnalysis(
    { stepWeights: undefined, iterations: 10, maxWeight: 50, ...OWN_METRIC },
    '.maxWeight: maxWeight is the end of a canary by weights, and iterations has none: blue/green goes to 100, A/B to the requests that match; remove maxWeight',
  ),
  withAnalysis(
    { stepWeights: undefined, iterations: 10, mirror: true, match: [{ headers: { 'x-canary': { exact: 'on' } } }] },
    '.mirror: mirror has no effect in an A/B run, whose requests the canary answers: remove mirror or match',
  ),
  withAnalysis(
    { mirror: true, mirrorWeight: 0 },
    '.mirror: mirror is true and mirrorWeight is 0, so nothing would be mirrored: want mirrorWeight from 1 to 100',
  ),
  withAnalysis(
    { mirrorWeight: 50 },
    '.mirrorWeight: mirrorWeight has an effect with mirror: true only: set that, or remove mirrorWeight',
  ),
  withAnalysis({ stepWeights: undefined, iterations: 10 }, `.iterations: ${NOT_JUDGED}`),
  withAnalysis({ slo: '99.9%' }, notYet('slo', EVIDENCE)),
  withAnalysis({ tolerance: { relative: '25%' } }, notYet('tolerance', EVIDENCE)),
  withAnalysis({ latency: { absolute: '1%' } }, notYet('latency', EVIDENCE)),
  withAnalysis({ confidence: '99%' }, notYet('confidence', EVIDENCE)),
  withAnalysis({ maxImpact: '5s' }, notYet('maxImpact', EVIDENCE)),
  withAnalysis({ bake: '5m' }, notYet('bake', EVIDENCE)),
  withAnalysis({ maxDuration: '30m' }, notYet('maxDuration', EVIDENCE)),
  withAnalysis({ onInconclusive: 'promote' }, notYet('onInconclusive', EVIDENCE)),
  withAnalysis(
    { alerts: [{ name: 'team', providerRef: { kind: 'Provider', name: 'slack' } }] },
    '.alerts[0].providerRef.kind: providerRef.kind Provider says nothing of where messages go: want NotificationProvider or AlertProvider',
  ),
];

const metrics: readonly WrongSpec[] = [
  withMetric(
    { name: 'latency', thresholdRange: range },
    ': Metric latency has no query: want query or templateRef, or a built-in name: request-success-rate, request-duration',
  ),
  withMetric(
    { name: 'request-duration', query: 'up', thresholdRange: { max: 500 } },
    ': Metric request-duration is built in and brings its own query: remove query and templateRef, or rename it',
  ),
  withMetric(
    { name: 'lag', query: 'up', templateRef: { name: 'lag' }, thresholdRange: range },
    ': Metric lag has both query and templateRef: keep one of them',
  ),
  withMetric(
    { name: 'lag', query: 'up', args: { queue: 'orders' }, thresholdRange: range },
    '.args: args are for a template, and metric lag has none: want templateRef, or remove args',
  ),
  withMetric(
    { name: 'lag', templateRef: { name: 'lag' } },
    '.thresholdRange: Metric lag has nothing to be held against: want thresholdRange with min or max',
  ),
  withMetric(
    { name: 'lag', query: 'up', thresholdRange: { min: 2, max: 1 } },
    '.thresholdRange: thresholdRange lets nothing pass, because min is above max: want min at or below max',
  ),
  withMetric(
    { name: 'request-success-rate', thresholdRange: { min: 0.99 } },
    '.thresholdRange: request-success-rate is a percentage of which more is better: want thresholdRange.min from 1 to 100, such as 99',
  ),
  withMetric(
    { name: 'request-duration', thresholdRange: { min: 500 } },
    '.thresholdRange: request-duration is in milliseconds and less is better: want thresholdRange.max above 0, such as 500',
  ),
  withMetric(
    { name: 'lag', query: 'up', thresholdRange: range, interval: '0s' },
    '.interval: interval 0s is too short: want 1s or more',
  ),
  withMetric(
    { name: 'lag', query: 'max(lag{namespace="{{ namspace }}"})', thresholdRange: range },
    '.query: query has an unknown variable in {{ }}: want one of name, namespace, target, primary, canary, service, route, ingress, interval, or args.NAME',
  ),
  withMetric(
    { name: 'lag', query: 'up', threshold: 5, thresholdRange: range },
    '.threshold: Metric lag has both threshold and thresholdRange: keep thresholdRange',
  ),
  ...[
    { name: 'request-success-rate', threshold: 0 },
    { name: 'request-success-rate', threshold: 101 },
    { name: 'request-duration', threshold: 0 },
  ].map((metric) =>
    withMetric(
      metric,
      '.threshold: threshold is the lowest percentage for request-success-rate and the highest milliseconds for request-duration: want 1 to 100 there, and more than 0 here',
    ),
  ),
  withMetric(
    {
      name: 'lag',
      templateRef: { name: 'lag' },
      args: { queue: 'orders' },
      templateVariables: { queue: 'orders' },
      threshold: 5,
    },
    '.templateVariables: Metric lag has both args and templateVariables: keep args',
  ),
  withMetric(
    { name: 'lag', query: 'up', templateVariables: { queue: 'orders' }, threshold: 5 },
    '.templateVariables: templateVariables are for a template, and metric lag has none: want templateRef, or remove templateVariables',
  ),
];

const OUTSIDE =
  'leads out of the repository: want a folder of the Repository such as apps/podinfo, without a leading "/", .. and .git';
const gits: readonly WrongSpec[] = [
  withGit({ path: '/apps' }, `.path: path "/apps" ${OUTSIDE}`),
  withGit({ path: 'apps/../..' }, `.path: path "apps/../.." ${OUTSIDE}`),
  withGit({ path: 'apps/.git/hooks' }, `.path: path "apps/.git/hooks" ${OUTSIDE}`),
  withGit({ required: true }, notYet('required', 'remove it; a run ends without waiting for Git')),
  withGit({ freeze: true }, notYet('freeze', 'remove git, or set onSuccess and onFailure to none')),
  withGit(
    { promote: [{ name: 'staging', path: 'envs/staging' }] },
    notYet('promote', 'remove it; the next environment is changed by hand'),
  ),
];

const others: readonly WrongSpec[] = [
  other(
    'CanaryAction',
    { run: undefined, verb: 'pause' },
    'spec.run: verb pause is for one run: name it as status.run.id of the Canary does',
  ),
  other(
    'CanaryAction',
    { verb: 'retry' },
    'spec.revision: verb retry is for one revision: name it as status.desired.revision of the Canary does',
  ),
  other(
    'CanaryAction',
    { verb: 'approve' },
    'spec.gate: verb approve is for one gate: name it as status.run.gates of the Canary does',
  ),
  other('CanaryAction', { gate: 'check' }, 'spec.gate: gate has no effect with verb abort: remove it'),
  other(
    'AnalysisTemplate',
    { provider: { type: 'datadog' } },
    'spec.provider.type: provider.type "datadog" is not supported yet: want prometheus',
  ),
  other(
    'AnalysisTemplate',
    { provider: { region: 'eu-1' } },
    'spec.provider.region: region is not supported yet: remove it; Prometheus has none',
  ),
  other(
    'ClusterAnalysisTemplate',
    { query: 'up{job="{{ job }}"}' },
    'spec.query: query has an unknown variable in {{ }}: want one of name, namespace, target, primary, canary, service, route, ingress, interval, or args.NAME',
  ),
  other(
    'AnalysisTemplate',
    { samples: 10 },
    'spec.samples: samples is not supported yet: remove it; a query gives one number',
  ),
  other(
    'AnalysisTemplate',
    { args: [{ name: 'token', default: 'x', valueFrom: { secretKeyRef: { name: 't', key: 'token' } } }] },
    'spec.args[0]: Arg token has both default and valueFrom: keep one of them',
  ),
  other(
    'AnalysisTemplate',
    { args: [{ name: 'queue' }, { name: 'percentile', default: '99', pattern: '^0[.][0-9]+$' }] },
    'spec.args[1].default: The default of arg percentile does not match its own pattern: change one of them',
  ),
  other(
    'AnalysisTemplate',
    { args: [{ name: 'queue', default: 'a', pattern: '(' }] },
    'spec.args[0].default: The default of arg queue does not match its own pattern: change one of them',
  ),
  other(
    'Repository',
    { url: 'https://me:hunter2@git.example.com/config.git' },
    'spec.url: url carries a credential: want it in the Secret that secretRef names',
  ),
  other(
    'Repository',
    { branch: 'release..1' },
    'spec.branch: branch "release..1" cannot be the name of a branch: want one such as main',
  ),
  other(
    'Repository',
    { branch: '-D' },
    'spec.branch: branch "-D" cannot be the name of a branch: want one such as main',
  ),
  other(
    'Repository',
    { root: '../other' },
    'spec.root: root "../other" leads out of the repository: want a folder such as clusters/eu-1, without a leading "/", .. and .git',
  ),
  other(
    'Repository',
    { provider: { type: 'gitlab', secretRef: { name: 'api' } } },
    'spec.provider.type: provider.type gitlab is not supported yet: want github or gitea, or remove provider',
  ),
];

/** At least one wrong spec for each rule of each kind but those about changes. */
export const WRONG_SPECS: readonly WrongSpec[] = [
  ...planes,
  ...targets,
  ...services,
  ...analyses,
  ...WRONG_EXPOSURES,
  ...WRONG_WEBHOOKS,
  ...WRONG_AUTOSCALERS,
  ...metrics,
  ...gits,
  ...others,
  ...WRONG_RECEIVERS,
];
