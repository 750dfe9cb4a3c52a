import type { Problem } from '../api/problem.ts';
import type { AlertView } from '../rollout/observed.ts';
import type { Scene } from './scene.ts';

/** The receivers that the Canary names; those that it may not use, or that do not exist, are problems. */
export const observeAlerts = ({
  canary,
  view,
}: Scene): { readonly alerts: readonly AlertView[]; readonly problems: readonly Problem[] } => {
  const alerts: AlertView[] = [];
  const problems: Problem[] = [];
  for (const [index, { providerRef, severity }] of canary.spec.analysis.alerts.entries()) {
    const where = `spec.analysis.alerts[${index}].providerRef`;
    const namespace = providerRef.namespace ?? canary.namespace;
    const key = `${namespace}/${providerRef.name}`;
    if (namespace !== canary.namespace) {
      const message = `NotificationProvider ${key} is in another namespace: use one of namespace ${canary.namespace}`;
      problems.push({ where, message, reason: 'AccessDenied' });
    } else if (
      view.get({
        apiVersion: 'serin.dev/v1alpha1',
        kind: 'NotificationProvider',
        namespace,
        name: providerRef.name,
      }) === undefined
    ) {
      problems.push({
        where,
        message: `NotificationProvider ${key} does not exist: create it, or name one that does`,
        reason: 'InvalidSpec',
      });
    } else alerts.push({ provider: key, severity });
  }
  return { alerts, problems };
};
