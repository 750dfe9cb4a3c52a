import { RESOURCES } from '../../kube/resources.ts';
import { customResource, type ServedResource } from './resources.ts';

/** Flagger's kinds. Their CRDs mark no list: each is owned and replaced as a whole, but for conditions. */
export const FLAGGER_RESOURCES: readonly ServedResource[] = [
  RESOURCES.flaggerCanary,
  RESOURCES.alertProvider,
  RESOURCES.metricTemplate,
].map((resource) => customResource(resource));
