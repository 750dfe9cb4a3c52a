/** One reason why an object was refused, as `details.causes` of a Status. */
export type StatusCause = { readonly reason: string; readonly message: string; readonly field: string };

/** The API server's answer when it has no object to give: `kind: Status` of `v1`. */
export type Status = {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly uid?: string;
    readonly causes?: readonly StatusCause[];
    readonly retryAfterSeconds?: number;
  };
  readonly code: number;
};

/** What a request was about, for messages: `deployments.apps "podinfo"`. */
export type Subject = { readonly group: string; readonly plural: string; readonly name: string };

type Failure = {
  readonly code: number;
  readonly reason?: string;
  readonly message: string;
  readonly details?: Status['details'];
};

/** A request that the API server refuses; `status` is what the client gets. */
export class ApiError extends Error {
  readonly status: Status;

  constructor({ code, reason, message, details }: Failure) {
    super(message);
    this.name = 'ApiError';
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

const detailsOf = ({ group, plural, name }: Subject): NonNullable<Status['details']> => ({
  ...(name === '' ? {} : { name }),
  ...(group === '' ? {} : { group }),
  kind: plural,
});
const quoted = ({ group, plural, name }: Subject): string =>
  `${group === '' ? plural : `${plural}.${group}`} ${JSON.stringify(name)}`;

export const badRequest = (message: string): ApiError => new ApiError({ code: 400, reason: 'BadRequest', message });

export const unauthorized = (): ApiError =>
  new ApiError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });

export const notFound = (subject: Subject): ApiError =>
  new ApiError({
    code: 404,
    reason: 'NotFound',
    message: `${quoted(subject)} not found`,
    details: detailsOf(subject),
  });

/** The path names no resource that is served. */
export const noSuchResource = (): ApiError =>
  new ApiError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource' });

export const methodNotAllowed = (method: string, path: string): ApiError =>
  new ApiError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: `the server does not allow this method on the requested resource: ${method} ${path}`,
  });

export const notAcceptable = (accept: string): ApiError =>
  new ApiError({
    code: 406,
    reason: 'NotAcceptable',
    message: `only application/json is served, as objects or as PartialObjectMetadata; got Accept: ${accept}`,
  });

export const alreadyExists = (subject: Subject): ApiError =>
  new ApiError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${quoted(subject)} already exists`,
    details: detailsOf(subject),
  });

/** A precondition that does not hold, such as an old resourceVersion. */
export const conflict = (subject: Subject, why: string): ApiError =>
  new ApiError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${quoted(subject)}: ${why}`,
    details: detailsOf(subject),
  });

export const STALE_WRITE =
  'the object has been modified; please apply your changes to the latest version and try again';

/** History that has been forgotten: list again. */
export const expired = (message: string): ApiError => new ApiError({ code: 410, reason: 'Expired', message });

export const tooLarge = (limit: number): ApiError =>
  new ApiError({
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: `limit is ${limit} bytes`,
  });

export const unsupportedMediaType = (contentType: string, accepted: readonly string[]): ApiError =>
  new ApiError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}; got ${contentType}`,
  });

export const forbidden = (subject: Subject, why: string): ApiError =>
  new ApiError({
    code: 403,
    reason: 'Forbidden',
    message: `${quoted(subject)} is forbidden: ${why}`,
    details: detailsOf(subject),
  });

/** An admission webhook says no. `code` is the webhook's own choice: 403 where it gives a reason, 400 where it does not. */
export const denied = (
  webhook: string,
  { code, message }: { readonly code: 400 | 403; readonly message: string },
): ApiError =>
  new ApiError({
    code,
    ...(code === 403 ? { reason: 'Forbidden' } : {}),
    message: `admission webhook ${JSON.stringify(webhook)} denied the request: ${message}`,
  });

/** Something that a real API server does and this one does not: said, never guessed. */
export const notImplemented = (what: string): ApiError =>
  new ApiError({ code: 501, reason: 'NotImplemented', message: `The sandbox does not do ${what}` });

/** What is wrong with one field, in the API server's words. */
export type FieldProblem = {
  readonly field: string;
  readonly message: string;
  readonly reason?:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueDuplicate'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueTooLong'
    | 'FieldValueNotFound';
};

/** 422 with one cause per problem. `kind` is the object's kind, not its plural. */
export const invalid = (
  subject: { readonly group: string; readonly kind: string; readonly name: string },
  problems: readonly FieldProblem[],
): ApiError => {
  const texts = problems.map(({ field, message }) => `${field}: ${message}`);
  // Events are validated as those of the core group, which they once were only.
  const group = subject.group === 'events.k8s.io' ? '' : subject.group;
  const kind = group === '' ? subject.kind : `${subject.kind}.${group}`;
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `${kind} ${JSON.stringify(subject.name)} is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`,
    details: {
      name: subject.name,
      ...(group === '' ? {} : { group }),
      kind: subject.kind,
      causes: problems.map(({ field, message, reason = 'FieldValueInvalid' }) => ({ reason, message, field })),
    },
  });
};

export const success = (subject: Subject & { readonly uid?: string | undefined }): Status => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: { ...detailsOf(subject), ...(subject.uid === undefined ? {} : { uid: subject.uid }) },
  code: 200,
});
