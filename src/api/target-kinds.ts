/** Kinds of targets that can be released. */
export const TARGET_KINDS = ['Deployment', 'DaemonSet', 'Service'] as const;
export type TargetKindName = (typeof TARGET_KINDS)[number];

/** The kind of this name. Throws a RangeError for any other, which the rules have refused before. */
export const targetKindNamed = (name: string): TargetKindName => {
  const found = TARGET_KINDS.find((kind) => kind === name);
  if (found === undefined) throw new RangeError(`Cannot release a ${name}: want one of ${TARGET_KINDS.join(', ')}`);
  return found;
};

/** What "-primary" and "-canary" stand behind in the names of the sides: the target's name, or that of the Services. */
export const sidesBase = (spec: {
  readonly targetRef: { readonly kind: TargetKindName; readonly name: string };
  readonly service: { readonly name?: string | undefined };
}): string => (spec.targetRef.kind === 'Service' ? (spec.service.name ?? spec.targetRef.name) : spec.targetRef.name);
