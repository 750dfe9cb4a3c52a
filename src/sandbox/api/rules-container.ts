import { listAt, numberAt, stringAt } from '../../lib/json.ts';
import { invalidValue } from './metadata.ts';
import { dnsLabelProblem, portNameProblem } from './names.ts';
import type { FieldProblem } from './status.ts';

const required = (field: string): FieldProblem => ({ field, message: 'Required value', reason: 'FieldValueRequired' });
const quoted = (text: string): string => JSON.stringify(text);

const portProblems = (port: unknown, field: string): readonly FieldProblem[] => {
  const name = stringAt(port, 'name');
  const wrong = name === undefined ? undefined : portNameProblem(name);
  return [
    ...(wrong === undefined ? [] : [{ field: `${field}.name`, message: invalidValue(name, wrong) }]),
    ...(numberAt(port, 'containerPort') ? [] : [required(`${field}.containerPort`)]),
  ];
};

const nameProblems = (
  names: readonly string[],
  { index, field }: { readonly index: number; readonly field: string },
): readonly FieldProblem[] => {
  const name = names[index] ?? '';
  if (name === '') return [required(field)];
  const wrong = dnsLabelProblem(name);
  if (wrong !== undefined) return [{ field, message: invalidValue(name, wrong) }];
  if (names.indexOf(name) === index) return [];
  return [{ field, message: `Duplicate value: ${quoted(name)}`, reason: 'FieldValueDuplicate' }];
};

/** What is wrong with the containers of a pod's spec, by field. */
export const containerProblems = (spec: unknown, at: string): readonly FieldProblem[] => {
  const containers = listAt(spec, 'containers');
  if (containers.length === 0) return [required(`${at}.containers`)];
  const names = containers.map((item) => stringAt(item, 'name') ?? '');
  const volumes = listAt(spec, 'volumes').map((volume) => stringAt(volume, 'name'));
  return containers.flatMap((item, index) => {
    const field = `${at}.containers[${index}]`;
    const ports = listAt(item, 'ports').flatMap((port, place) => portProblems(port, `${field}.ports[${place}]`));
    const variables = listAt(item, 'env').flatMap((variable, place) =>
      stringAt(variable, 'name') ? [] : [required(`${field}.env[${place}].name`)],
    );
    const mounts = listAt(item, 'volumeMounts').flatMap((mount, place): readonly FieldProblem[] => {
      const name = stringAt(mount, 'name') ?? '';
      if (volumes.includes(name)) return [];
      const message = `Not found: ${quoted(name)}`;
      return [{ field: `${field}.volumeMounts[${place}].name`, message, reason: 'FieldValueNotFound' }];
    });
    return [
      ...nameProblems(names, { index, field: `${field}.name` }),
      ...(stringAt(item, 'image') ? [] : [required(`${field}.image`)]),
      ...ports,
      ...variables,
      ...mounts,
    ];
  });
};
