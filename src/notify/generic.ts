import { textOf } from './message-parts.ts';
import type { Format } from './receiver.ts';
import { signature } from './signature.ts';

/** The severities that Flux's events have. */
const SEVERITIES = { info: 'info', warn: 'error', error: 'error' } as const;

/**
 * An event as the notification-controller of Flux posts it to its `generic` providers, for services that read those:
 * https://fluxcd.io/flux/components/notification/providers/#generic-webhook
 */
export const genericFormat: Format = {
  render: (message, receiver) => {
    const { id, canary, severity, at, topic, cluster, target, run, fields } = message;
    const named = fields.map(({ title, value }) => [title, value] as const);
    const body = JSON.stringify({
      involvedObject: { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', ...canary },
      severity: SEVERITIES[severity],
      timestamp: new Date(at).toISOString(),
      message: textOf(message),
      reason: run?.outcome ?? `${topic.charAt(0).toUpperCase()}${topic.slice(1)}`,
      metadata: { ...Object.fromEntries(named), id, topic, severity, cluster, target },
      reportingController: 'serin',
    });
    return { body, headers: { 'gotk-component': 'serin', ...signature(body, receiver) } };
  },
};
