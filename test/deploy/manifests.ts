import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { isRecord, type JsonRecord, listAt, stringAt } from '#src/lib/json.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const documents = (path: string): readonly JsonRecord[] => {
  const found: readonly unknown[] = loadAll(readFileSync(join(ROOT, path), 'utf8'));
  return found.filter(isRecord);
};

/** What a folder's kustomization lists, folders in it included. */
export const resourcesOf = (folder: string): readonly string[] =>
  listAt(documents(join(folder, 'kustomization.yaml'))[0], 'resources').map(String);

/** The JSON patches of a folder's kustomization. */
export const patchesOf = (folder: string): readonly unknown[] =>
  listAt(documents(join(folder, 'kustomization.yaml'))[0], 'patches').map((patch) =>
    load(stringAt(patch, 'patch') ?? ''),
  );

/** Every object that `kubectl apply -k` of the folder applies, without its patches. */
export const objectsOf = (folder: string): readonly JsonRecord[] =>
  resourcesOf(folder).flatMap((path) =>
    path.endsWith('.yaml') ? documents(join(folder, path)) : objectsOf(join(folder, path)),
  );

/** The one object of this kind and name. */
export const objectOf = (folder: string, kind: string, name: string): JsonRecord => {
  const found = objectsOf(folder).filter(
    (object) => stringAt(object, 'kind') === kind && stringAt(object, 'metadata', 'name') === name,
  );
  if (found.length !== 1) throw new Error(`${folder} holds ${found.length} of ${kind} ${name}, want one`);
  return found[0] ?? {};
};

const OF_THE_CLUSTER: readonly string[] = [
  'Namespace',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
];

/** True for an object that is in no namespace. */
export const isOfTheCluster = (object: JsonRecord): boolean => OF_THE_CLUSTER.includes(stringAt(object, 'kind') ?? '');

/** Rights as `verb resource.group`, as the sandbox's audit names them. */
export const rightsOf = (role: JsonRecord): ReadonlySet<string> =>
  new Set(
    listAt(role, 'rules').flatMap((rule) =>
      listAt(rule, 'apiGroups').flatMap((group) =>
        listAt(rule, 'resources').flatMap((resource) => {
          const [name = '', subresource] = String(resource).split('/');
          const full = `${name}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
          return listAt(rule, 'verbs').map((verb) => `${verb} ${full}`);
        }),
      ),
    ),
  );
