import { parseAlertProvider } from '../api/alert-provider.ts';
import { allowsNamespace, grantCommand } from '../api/allowed-namespaces.ts';
import type { Problem } from '../api/problem.ts';
import type { AlertView } from '../rollout/observed.ts';
import { PROVIDER_API, type ProviderRef, providerKey } from './provider-key.ts';
import type { Scene } from './scene.ts';
import type { View } from './view.ts';

/** The receivers that the Canary names; those that it may not use, or that do not exist, are problems. */
export const observeAlerts = ({
  canary,
  view,
}: Scene): { readonly alerts: readonly AlertView[]; readonly problems: readonly Problem[] } => {
  const alerts: AlertView[] = [];
  const problems: Problem[] = [];
  for (const [index, { providerRef, severity }] of canary.spec.analysis.alerts.entries()) {
    const kind = providerRef.kind === 'AlertProvider' ? 'AlertProvider' : 'NotificationProvider';
    const ref = { kind, namespace: providerRef.namespace ?? canary.namespace, name: providerRef.name } as const;
    const wrong = wrongWith(ref, { from: canary.namespace, view });
    if (wrong === undefined) alerts.push({ provider: providerKey(ref), severity });
    else problems.push({ where: `spec.analysis.alerts[${index}].providerRef`, ...wrong });
  }
  return { alerts, problems };
};

type Wrong = Pick<Problem, 'message' | 'reason'>;

/** What keeps a Canary of namespace `from` from using a provider; undefined when nothing does. */
const wrongWith = (
  ref: ProviderRef,
  { from, view }: { readonly from: string; readonly view: View },
): Wrong | undefined => {
  const shown = `${ref.kind} ${ref.namespace}/${ref.name}`;
  const invalid = (message: string): Wrong => ({ message, reason: 'InvalidSpec' });
  const denied = (message: string): Wrong => ({ message, reason: 'AccessDenied' });
  const isNear = ref.namespace === from;
  if (!isNear && ref.kind === 'NotificationProvider')
    return denied(`${shown} is in another namespace: use one of namespace ${from}`);
  const full = { apiVersion: PROVIDER_API[ref.kind], ...ref };
  const object = view.get(full);
  if (object === undefined) {
    return isNear || view.sees(full)
      ? invalid(`${shown} does not exist: create it, or name one that does`)
      : denied(`${shown} is in a namespace that this controller does not watch: use one of namespace ${from}`);
  }
  if (ref.kind === 'NotificationProvider') return undefined;
  if (!allowsNamespace(object, from)) {
    return denied(
      `${shown} does not allow namespace ${from}: ${grantCommand(object, from)}, or use one of namespace ${from}`,
    );
  }
  const parsed = parseAlertProvider(object);
  if (parsed.ok) return undefined;
  return invalid(
    `${shown} is not valid: ${parsed.problems.map(({ where, message }) => `${where}: ${message}`).join('; ')}`,
  );
};
