type Pairs = Readonly<Record<string, string>>;

/** Labels by which a tool knows what it may prune: a copy that carried them would be deleted as unknown to Git. */
const PRUNING_LABELS =
  /^(app\.kubernetes\.io\/instance$|applyset\.kubernetes\.io\/|kapp\.k14s\.io\/|objectset\.rio\.cattle\.io\/)/;
/** Keys of tools that act on the object that carries them: on a copy they would act without a judgement. */
const TOOLS =
  /^(([^/]+\.)?(toolkit\.fluxcd\.io|argoproj\.io|keel\.sh|reloader\.stakater\.com|keda\.sh|flagger\.app|serin\.dev)\/|meta\.helm\.sh\/|deployment\.kubernetes\.io\/|kubectl\.kubernetes\.io\/|config\.k8s\.io\/|fleet\.cattle\.io\/|kapp\.k14s\.io\/|applyset\.kubernetes\.io\/|objectset\.rio\.cattle\.io\/)/;

const without = (pairs: Pairs | undefined, left: (key: string) => boolean): Pairs =>
  Object.fromEntries(Object.entries(pairs ?? {}).filter(([key]) => !left(key)));

/** Labels of the target or the apex that its copies get too: all but those of GitOps and rollout tools. */
export const copiedLabels = (labels: Pairs | undefined): Pairs =>
  without(labels, (key) => PRUNING_LABELS.test(key) || TOOLS.test(key));

/** Annotations that copies get too: all but those of tools that act on the object they stand on. */
export const copiedAnnotations = (annotations: Pairs | undefined): Pairs =>
  without(annotations, (key) => TOOLS.test(key));
