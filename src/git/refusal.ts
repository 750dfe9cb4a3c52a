/** The closed list of reasons why Serin leaves a file or branch alone until a person has acted. */
export type RefusalReason =
  | 'Ambiguous'
  | 'AutomationOwned'
  | 'Declined'
  | 'ImageNotFound'
  | 'InvalidPath'
  | 'NoImageChange'
  | 'NoProvider'
  | 'NotEditable'
  | 'PathNotFound'
  | 'PushRefused'
  | 'RecordUnreadable'
  | 'RevertLoop'
  | 'RevertOfRevert'
  | 'TooManyReverts';

/** Thrown deep inside a walk or an edit; becomes `Refused` where the operation is planned. */
export class Refusal extends Error {
  readonly reason: RefusalReason;
  /** Line of the file that the words are about, from 1, where one is to blame. */
  readonly line: number | undefined;

  constructor(reason: RefusalReason, message: string, options: { readonly line?: number | undefined } = {}) {
    super(message);
    this.name = 'Refusal';
    this.reason = reason;
    this.line = options.line;
  }
}
