import { answering } from '#src/sandbox/faults/answering.ts';
import { type Right, rbac } from '#src/sandbox/faults/rbac.ts';

type Through = (transport: Parameters<typeof answering>[0]) => ReturnType<typeof answering>;

/** The way to an API server whose RBAC keeps some rights from Serin. */
export const lacking =
  (lacks: (right: Right) => boolean): Through =>
  (transport) =>
    answering(transport, (request) => rbac(request, { user: 'serin', lacks }));
