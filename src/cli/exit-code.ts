/** What the process ends with; the same numbers for every command. */
export const EXIT = {
  ok: 0,
  failed: 1,
  inconclusive: 2,
  usage: 64,
  unavailable: 69,
  forbidden: 77,
  interrupted: 130,
} as const;

/** An error that the user can act on: printed without a stack, with a hint of what would help. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  readonly hint: string | undefined;

  constructor(
    message: string,
    options: { readonly exitCode: number; readonly hint?: string; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode;
    this.hint = options.hint;
  }
}
