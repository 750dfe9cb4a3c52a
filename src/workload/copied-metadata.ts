type Pairs = Readonly<Record<string, string>>;

/**
 * Whose labels and annotations stay behind: tools that prune or own what carries them, and tools that act on it (new
 * images, restarts, scaling), which on a copy would act without a judgement.
 */
const TOOLS = [
  'applyset.kubernetes.io',
  'argoproj.io',
  'cattle.io',
  'config.k8s.io',
  'deployment.kubernetes.io',
  'flagger.app',
  'kapp.k14s.io',
  'keda.sh',
  'keel.sh',
  'kubectl.kubernetes.io',
  'meta.helm.sh',
  'reloader.stakater.com',
  'serin.dev',
  'toolkit.fluxcd.io',
] as const;

/** Argo CD's tracking label, where it tracks by label. */
const ARGO_TRACKING = 'app.kubernetes.io/instance';

/** Kubernetes' own, on every DaemonSet. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const isOfTool = (key: string): boolean => {
  const slash = key.indexOf('/');
  const domain = slash < 0 ? '' : key.slice(0, slash);
  return TOOLS.some((tool) => domain === tool || domain.endsWith(`.${tool}`));
};

const without = (pairs: Pairs | undefined, isLeft: (key: string) => boolean): Pairs =>
  Object.fromEntries(Object.entries(pairs ?? {}).filter(([key]) => !isLeft(key)));

/** Labels of the target that its copies get too. */
export const copiedLabels = (labels: Pairs | undefined): Pairs =>
  without(labels, (key) => key === ARGO_TRACKING || isOfTool(key));

/** Annotations of the target that its copies get too. */
export const copiedAnnotations = (annotations: Pairs | undefined): Pairs =>
  without(annotations, (key) => key === TEMPLATE_GENERATION || isOfTool(key));
