import { parseCanaryStatus } from '#src/api/canary-status.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';

/** What a watch of the Canaries has shown: every run, and every revision that Git asked for. */
export class Seen {
  /** Canary by run, as `canary run`. */
  readonly runs = new Set<string>();
  /** As `canary revision`. */
  readonly revisions = new Set<string>();

  note(canary: KubeObject): void {
    const { run, desired, stable } = parseCanaryStatus(canary['status']);
    const { name } = canary.metadata;
    if (run !== undefined) this.runs.add(`${name} ${run.id}`);
    // What serves is asked for, but nothing has to become of it.
    if (desired !== undefined && desired.revision !== stable?.revision)
      this.revisions.add(`${name} ${desired.revision}`);
  }
}
