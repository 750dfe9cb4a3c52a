import type { EventNote } from './decision.ts';
import type { Observed } from './observed.ts';

/** Tells the users of a data plane that its makers have given up where to go; nothing on others. */
export const endOfLife = ({ route }: Observed): readonly EventNote[] =>
  route.endOfLife === undefined ? [] : [{ reason: 'EndOfLife', note: route.endOfLife }];
