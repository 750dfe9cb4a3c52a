import { apiVersionOf } from '../../kube/resources.ts';
import type { KubeRequest, KubeResponse } from '../../kube/transport.ts';
import type { Clock } from '../../lib/clock.ts';
import { isRecord, numberAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { answer } from './answer.ts';
import type { Audit, AuditEntry } from './audit.ts';
import { discover } from './discovery.ts';
import { checkEviction, usedUp } from './eviction.ts';
import { decoded } from './field-validation.ts';
import { frozenCopy } from './json-copy.ts';
import { jsonPatch } from './json-patch.ts';
import { parseObject, withField, withMetadata } from './kube-json.ts';
import { mergePatch } from './merge-patch.ts';
import { invalidValue, timestamp } from './metadata.ts';
import { applyConfig, type Manager, ownedByUpdate } from './ownership.ts';
import { listPage } from './paging.ts';
import { parsePath, type Target } from './paths.ts';
import { asksForWatch, checkQuery } from './query.ts';
import type { Registry } from './registry.ts';
import { type Representation, represent, representationOf, representList } from './representation.ts';
import { scaled, scaleOf } from './scale.ts';
import { selectorOf } from './selectors.ts';
import { selfReview } from './self-review.ts';
import {
  badRequest,
  conflict,
  invalid,
  methodNotAllowed,
  notFound,
  notImplemented,
  success,
  unsupportedMediaType,
} from './status.ts';
import type { Store } from './store.ts';
import { openWatch, type Watch } from './watch.ts';
import { type Propagation, type RemoveOptions, subjectOf, type WriteOptions, type Writer } from './writer.ts';

/** Who asks: `user` for audit and admission, `agent` as field manager where the request names none. */
export type Caller = { readonly user: string; readonly agent?: string | undefined };

type Dependencies = {
  readonly store: Store;
  readonly writer: Writer;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly bookmarkEveryMs: number;
};

/** A request whose path and headers are understood. */
type Call = {
  readonly request: KubeRequest;
  readonly caller: Caller;
  readonly target: Target;
  readonly query: Readonly<Record<string, string>>;
  readonly representation: Representation;
};

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/** Requests in, answers out, without any transport; each is handled in one go. Refusals are thrown as ApiError. */
export class RequestHandler {
  readonly #dependencies: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  /** Answers everything but a watch. `request.body` is JSON as it came over the wire. */
  handle(request: KubeRequest, caller: Caller): KubeResponse {
    if (asksForWatch(request)) throw badRequest('a watch must be opened as a stream');
    const found = request.method === 'GET' ? discover(request.path, this.#dependencies.registry) : undefined;
    if (found !== undefined) return answer(200, found);
    const review = selfReview(request, caller.user);
    if (review !== undefined) return review;
    const call = this.#understand(request, caller);
    const { name } = call.target;
    if (call.target.subresource === 'scale') return this.#scale(call);
    if (call.target.subresource === 'eviction') return this.#evict(call);
    if (name === undefined && (request.method === 'PUT' || request.method === 'PATCH')) {
      throw methodNotAllowed(request.method, request.path);
    }
    switch (request.method) {
      case 'GET':
        return name === undefined ? this.#list(call) : this.#get(call);
      case 'POST':
        if (name !== undefined) throw methodNotAllowed('POST', request.path);
        return this.#create(call);
      case 'PUT':
        return this.#replace(call);
      case 'PATCH':
        return request.contentType === APPLY_PATCH ? this.#apply(call) : this.#patch(call);
      default:
        return this.#delete(call);
    }
  }

  watch(request: KubeRequest, caller: Caller): Watch {
    const { target, representation, query } = this.#understand(request, caller);
    const { resource, namespace, name } = target;
    if (request.method !== 'GET' || name !== undefined) throw methodNotAllowed(request.method, request.path);
    return openWatch(this.#dependencies, { resource, namespace, selector: selectorOf(query), representation, query });
  }

  #understand(request: KubeRequest, caller: Caller): Call {
    const target = parsePath(request.path, this.#dependencies.registry);
    const query = request.query ?? {};
    this.#dependencies.audit.record(auditOf(request, caller, target));
    checkQuery(request);
    return { request, caller, target, query, representation: representationOf(request.accept) };
  }

  #list({ target: { resource, namespace }, query, representation }: Call): KubeResponse {
    const page = listPage(this.#dependencies.store, { resource, namespace, selector: selectorOf(query), query });
    return answer(200, representList(resource, page.items, { representation, metadata: page.metadata }));
  }

  #get(call: Call): KubeResponse {
    return answer(200, represent(this.#existing(call), call.representation));
  }

  #create(call: Call): KubeResponse {
    const { target, representation } = call;
    requireJson(call);
    if (target.resource.namespaced && target.namespace === undefined) {
      throw methodNotAllowed('POST', call.request.path);
    }
    const input = received(call, call.request.body);
    const object = this.#dependencies.writer.create(target.resource, input, this.#updating(call, undefined));
    return answer(201, represent(object, representation));
  }

  #replace(call: Call): KubeResponse {
    const { resource } = call.target;
    requireJson(call);
    const existing = this.#existing(call);
    const input = received(call, call.request.body);
    if (input.metadata.resourceVersion === undefined && !resource.unconditionalUpdate) {
      const message = 'Invalid value: 0: must be specified for an update';
      throw invalid({ ...resource, name: input.metadata.name }, [{ field: 'metadata.resourceVersion', message }]);
    }
    return this.#update(call, existing, input);
  }

  #patch(call: Call): KubeResponse {
    const { contentType = '', body } = call.request;
    if (contentType !== JSON_PATCH && contentType !== MERGE_PATCH) {
      throw unsupportedMediaType(contentType, [JSON_PATCH, MERGE_PATCH, APPLY_PATCH]);
    }
    if (call.query['force'] !== undefined)
      throw badOption('force', 'Forbidden: may not be specified for non-apply patch');
    const existing = this.#existing(call);
    const patched = contentType === MERGE_PATCH ? mergePatch(existing, body) : jsonPatch(existing, body);
    const input = received(call, patched);
    checkUid(call, existing, input.metadata.uid);
    return this.#update(call, existing, input);
  }

  #update(call: Call, existing: KubeObject, input: KubeObject): KubeResponse {
    const { resource } = call.target;
    const options = { ...this.#updating(call, existing), input };
    return answer(200, represent(this.#dependencies.writer.update(resource, existing, options), call.representation));
  }

  #scale(call: Call): KubeResponse {
    const { method, contentType = '', body } = call.request;
    const existing = this.#existing(call);
    if (method === 'GET') return answer(200, scaleOf(existing));
    if (method !== 'PUT' && method !== 'PATCH') throw methodNotAllowed(method, call.request.path);
    if (method === 'PATCH' && contentType !== MERGE_PATCH) throw notImplemented(`patches of a scale as ${contentType}`);
    const input = scaled(existing, method === 'PUT' ? body : mergePatch(scaleOf(existing), body));
    const options = { ...this.#updating(call, existing), input };
    return answer(200, scaleOf(this.#dependencies.writer.update(call.target.resource, existing, options)));
  }

  /** Deletes a pod as far as the disruption budget that selects it lets go. */
  #evict(call: Call): KubeResponse {
    if (call.request.method !== 'POST') throw methodNotAllowed(call.request.method, call.request.path);
    requireJson(call);
    const { store, writer, registry } = this.#dependencies;
    const pod = this.#existing(call);
    const budgets = registry.ofKind({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' });
    const budget = checkEviction(pod, budgets === undefined ? [] : store.list(budgets, pod.metadata.namespace));
    if (budget !== undefined && budgets !== undefined) {
      const manager: Manager = { name: call.caller.user, operation: 'Update', subresource: 'status' };
      const tracking = { resource: budgets, manager, time: this.#now() };
      const own = (admitted: KubeObject) => ownedByUpdate(budget, admitted, tracking);
      const input = withField(budget, 'status', usedUp(budget));
      writer.update(budgets, budget, { user: call.caller.user, subresource: 'status', own, input });
    }
    writer.remove(call.target.resource, pod, {});
    return answer(201, EVICTED);
  }

  #apply(call: Call): KubeResponse {
    const { store, writer } = this.#dependencies;
    const { resource, namespace, name = '', subresource } = call.target;
    const { fieldManager } = call.query;
    if (fieldManager === undefined) throw badOption('fieldManager', 'Required value: is required for apply patch');
    const config = received(call, call.request.body);
    if (config.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
    const existing = store.get(resource, { ...(namespace === undefined ? {} : { namespace }), name });
    if (existing === undefined && subresource !== undefined) throw notFound(subjectOf(resource, config));
    if (existing === undefined && config.metadata.uid !== undefined) {
      const why = `uid mismatch: the provided object specified uid ${config.metadata.uid}, and no existing object was found`;
      throw conflict(subjectOf(resource, config), why);
    }
    const applied = applyConfig(existing, config, {
      resource,
      manager: { name: fieldManager, operation: 'Apply', subresource },
      time: this.#now(),
      force: call.query['force'] === 'true',
    });
    const options = { ...doorOf(call), own: () => applied.managedFields };
    if (existing === undefined) {
      return answer(201, represent(writer.create(resource, applied.object, options), call.representation));
    }
    // What the applied object says of identity is a precondition, whatever the merge has made of it.
    const { uid, resourceVersion } = config.metadata;
    checkUid(call, existing, uid);
    const input = withMetadata(applied.object, { uid, resourceVersion });
    return answer(200, represent(writer.update(resource, existing, { ...options, input }), call.representation));
  }

  #delete(call: Call): KubeResponse {
    const { resource, name, subresource } = call.target;
    if (name === undefined) throw notImplemented('the deletion of a collection: delete its objects one by one');
    if (subresource !== undefined) throw methodNotAllowed('DELETE', call.request.path);
    const existing = this.#existing(call);
    const { uid } = existing.metadata;
    const left = this.#dependencies.writer.remove(resource, existing, removeOptions(call));
    return answer(
      200,
      left === undefined ? success({ ...subjectOf(resource, existing), uid }) : represent(left, call.representation),
    );
  }

  #existing({ target: { resource, namespace, name = '' } }: Call): KubeObject {
    const found = this.#dependencies.store.get(resource, { ...(namespace === undefined ? {} : { namespace }), name });
    if (found === undefined) throw notFound({ ...resource, name });
    return found;
  }

  #updating(call: Call, existing: KubeObject | undefined): WriteOptions {
    const { target, query, caller } = call;
    const name = (query['fieldManager'] ?? caller.agent ?? caller.user).slice(0, 128);
    const manager: Manager = { name, operation: 'Update', subresource: target.subresource };
    const tracking = { resource: target.resource, manager, time: this.#now() };
    return { ...doorOf(call), own: (admitted) => ownedByUpdate(existing, admitted, tracking) };
  }

  #now(): string {
    return timestamp(this.#dependencies.clock.now());
  }
}

const EVICTED = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } as const;

const doorOf = ({ caller, target, query }: Call): Omit<WriteOptions, 'own'> => ({
  user: caller.user,
  subresource: target.subresource === 'status' ? 'status' : undefined,
  dryRun: query['dryRun'] === 'All',
});

const VERBS = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const;

const auditOf = (request: KubeRequest, { user }: Caller, target: Target): AuditEntry => {
  const { resource, ...place } = target;
  const reading = asksForWatch(request) ? 'watch' : target.name === undefined ? 'list' : 'get';
  return {
    user,
    verb: request.method === 'GET' ? reading : VERBS[request.method],
    resource: resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`,
    ...place,
  };
};

const requireJson = ({ request: { contentType = 'application/json' } }: Call): void => {
  if (contentType !== 'application/json') throw unsupportedMediaType(contentType, ['application/json']);
};

/** The object with the namespace of the path; throws 400 when it says something else than the path. */
const addressed = ({ target: { resource, namespace, name } }: Call, object: KubeObject): KubeObject => {
  const wanted = apiVersionOf(resource);
  if (object.apiVersion !== wanted) {
    throw badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${wanted})`,
    );
  }
  if (object.kind !== resource.kind) {
    throw badRequest(
      `${object.kind} in version ${JSON.stringify(resource.version)} cannot be handled as a ${resource.kind}`,
    );
  }
  if (object.metadata.namespace !== undefined && object.metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (name !== undefined && object.metadata.name !== '' && object.metadata.name !== name) {
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  }
  return withMetadata(object, { namespace, name: name ?? object.metadata.name });
};

/** The object that a request carries or makes, as far as its kind knows it. */
const received = (call: Call, body: unknown): KubeObject => {
  const { request, query, target } = call;
  const strict = query['fieldValidation'] === 'Strict';
  const mode = request.contentType === APPLY_PATCH ? 'apply' : strict ? 'strict' : 'lenient';
  return decoded(addressed(call, parseObject(frozenCopy(body))), { resource: target.resource, mode });
};

/** A PUT takes the uid as precondition (409); to a patch it is a field that cannot change. */
const checkUid = ({ target: { resource } }: Call, existing: KubeObject, uid: string | undefined): void => {
  if (uid === undefined || uid === existing.metadata.uid) return;
  const message = invalidValue(uid, 'field is immutable');
  throw invalid({ ...resource, name: existing.metadata.name }, [{ field: 'metadata.uid', message }]);
};

const badOption = (field: string, message: string): Error =>
  invalid({ group: 'meta.k8s.io', kind: 'PatchOptions', name: '' }, [{ field, message }]);

const isPropagation = (value: string): value is Propagation =>
  value === 'Background' || value === 'Foreground' || value === 'Orphan';

/** Options of a DELETE, from its body (DeleteOptions) or its query. */
const removeOptions = ({ request: { body }, query }: Call): RemoveOptions => {
  if (body !== undefined && !isRecord(body)) throw badRequest('the body of a DELETE must be DeleteOptions');
  if (isRecord(body) && 'orphanDependents' in body) throw notImplemented('orphanDependents: use propagationPolicy');
  const propagation = stringAt(body, 'propagationPolicy') ?? query['propagationPolicy'];
  if (propagation !== undefined && !isPropagation(propagation)) {
    const message = `Unsupported value: ${JSON.stringify(propagation)}: supported values: "Background", "Foreground", "Orphan"`;
    throw invalid({ group: '', kind: 'DeleteOptions', name: '' }, [
      { field: 'propagationPolicy', message, reason: 'FieldValueNotSupported' },
    ]);
  }
  const asked = query['gracePeriodSeconds'];
  const gracePeriodSeconds = numberAt(body, 'gracePeriodSeconds') ?? (asked === undefined ? undefined : Number(asked));
  if (gracePeriodSeconds !== undefined && !(gracePeriodSeconds >= 0)) {
    throw badRequest('gracePeriodSeconds must be a number that is not negative');
  }
  return {
    propagation,
    gracePeriodSeconds,
    uid: stringAt(body, 'preconditions', 'uid'),
    resourceVersion: stringAt(body, 'preconditions', 'resourceVersion'),
    dryRun: query['dryRun'] === 'All' || stringAt(body, 'dryRun', 0) === 'All',
  };
};
