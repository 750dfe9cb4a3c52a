import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedCanarySpec } from '#src/api/canary.ts';
import { jsonSchemaOf, nodeAt } from '#src/api/json-schema.ts';
import { recordAt } from '#src/lib/json.ts';

/** Fields of `flagger.app/v1beta1` Canary (1.44), by the object that they stand in; what we keep open is left out. */
const FIELDS: readonly (readonly [at: string, names: string])[] = [
  [
    '',
    'provider metricsServer progressDeadlineSeconds targetRef autoscalerRef ingressRef routeRef upstreamRef service skipAnalysis revertOnDeletion suspend analysis',
  ],
  ['targetRef', 'apiVersion kind name'],
  ['autoscalerRef', 'apiVersion kind name primaryScalerQueries primaryScalerReplicas'],
  ['autoscalerRef.primaryScalerReplicas', 'minReplicas maxReplicas'],
  ['ingressRef', 'apiVersion kind name'],
  ['routeRef', 'apiVersion kind name'],
  [
    'service',
    'name port portName appProtocol trafficDistribution targetPort portDiscovery headless timeout backendTimeout meshName backends hosts delegation match retries rewrite mirror headers gateways gatewayRefs corsPolicy trafficPolicy apex primary canary unmanagedMetadata',
  ],
  ['service.retries', 'attempts perTryTimeout retryOn'],
  ['service.rewrite', 'uri authority type'],
  ['service.gatewayRefs[]', 'group kind name namespace sectionName port'],
  ['service.apex', 'labels annotations'],
  ['service.primary', 'labels annotations'],
  ['service.canary', 'labels annotations'],
  ['service.unmanagedMetadata', 'annotations labels'],
  [
    'analysis',
    'interval iterations threshold maxWeight stepWeight stepWeights stepWeightPromotion mirror mirrorWeight primaryReadyThreshold canaryReadyThreshold match metrics alerts webhooks sessionAffinity',
  ],
  ['analysis.match[]', 'headers queryParams sourceLabels'],
  ['analysis.match[].headers.x-canary', 'exact prefix suffix regex'],
  ['analysis.match[].queryParams.canary', 'exact prefix regex'],
  ['analysis.sessionAffinity', 'cookieName primaryCookieName domain httpOnly maxAge partitioned path sameSite secure'],
  ['analysis.metrics[]', 'name interval threshold thresholdRange query templateRef templateVariables'],
  ['analysis.metrics[].thresholdRange', 'min max'],
  ['analysis.metrics[].templateRef', 'name namespace'],
  ['analysis.alerts[]', 'name severity providerRef'],
  ['analysis.alerts[].providerRef', 'name namespace'],
  ['analysis.webhooks[]', 'name type muteAlert url timeout retries disableTLS metadata'],
];

// A field that the CRD does not know is dropped by the cluster before any rule can refuse it.
for (const [place, names] of FIELDS) {
  test(`knows every field of Flagger's spec${place === '' ? '' : `.${place}`}`, () => {
    const steps = place
      .split('.')
      .flatMap((step) => (step.endsWith('[]') ? [step.slice(0, -2), 0] : step === '' ? [] : [step]));
    const known = Object.keys(recordAt(nodeAt(jsonSchemaOf(storedCanarySpec), steps), 'properties'));
    assert.deepEqual(
      names.split(' ').filter((name) => !known.includes(name)),
      [],
    );
  });
}
