import { at, isRecord, type JsonRecord, listAt, recordAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { KindRules } from './admission.ts';
import { eachDefaulted, withDefaults } from './defaults-pod.ts';
import { withField } from './kube-json.ts';
import { invalidValue, labelProblems } from './metadata.ts';
import { portNameProblem } from './names.ts';
import type { FieldProblem } from './status.ts';

/** What the server has allocated and a PUT without it keeps. */
const ALLOCATED = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'];

const defaultService = (spec: unknown, old: unknown): JsonRecord => {
  const kept = Object.fromEntries(Object.entries(recordAt(old)).filter(([key]) => ALLOCATED.includes(key)));
  const external = stringAt(spec, 'type') === 'ExternalName';
  const filled = withDefaults(spec, {
    ...(external ? {} : { ...kept, internalTrafficPolicy: 'Cluster' }),
    sessionAffinity: 'None',
    type: 'ClusterIP',
  });
  return eachDefaulted(filled, 'ports', (port) => withDefaults(port, { protocol: 'TCP', targetPort: port['port'] }));
};

const isPort = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535;

const WRONG_PORT = 'must be between 1 and 65535, inclusive';
const duplicateValue = (value: unknown): string => `Duplicate value: ${JSON.stringify(value)}`;

const portProblems = (ports: readonly unknown[]): readonly FieldProblem[] => {
  const problems: FieldProblem[] = [];
  const seen = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const field = `spec.ports[${index}]`;
    const [number, target, name = ''] = [at(port, 'port'), at(port, 'targetPort'), stringAt(port, 'name')];
    if (!isPort(number))
      problems.push({
        field: `${field}.port`,
        message: invalidValue(number, WRONG_PORT),
      });
    const wrongTarget = typeof target === 'string' ? portNameProblem(target) : isPort(target) ? undefined : WRONG_PORT;
    if (wrongTarget !== undefined) {
      problems.push({ field: `${field}.targetPort`, message: invalidValue(target, wrongTarget) });
    }
    if (ports.length > 1 && name === '') {
      problems.push({ field: `${field}.name`, message: 'Required value', reason: 'FieldValueRequired' });
    }
    const protocol = stringAt(port, 'protocol') ?? '';
    if (name !== '' && seen.has(name)) {
      problems.push({ field: `${field}.name`, message: duplicateValue(name), reason: 'FieldValueDuplicate' });
    }
    if (seen.has(`${protocol}/${String(number)}`)) {
      const as = { Name: '', Protocol: protocol, AppProtocol: null, Port: number, TargetPort: 0, NodePort: 0 };
      problems.push({ field, message: duplicateValue(as), reason: 'FieldValueDuplicate' });
    }
    seen.add(name).add(`${protocol}/${String(number)}`);
  }
  return problems;
};

const serviceProblems = (object: KubeObject, old: KubeObject | undefined): readonly FieldProblem[] => {
  const type = stringAt(object, 'spec', 'type');
  const ports = listAt(object, 'spec', 'ports');
  const problems: FieldProblem[] = [];
  if (type !== 'ClusterIP' && type !== 'ExternalName') {
    const message = `Unsupported value: ${JSON.stringify(type)}: the sandbox supports "ClusterIP" and "ExternalName"`;
    problems.push({ field: 'spec.type', message, reason: 'FieldValueNotSupported' });
  }
  const headless = stringAt(object, 'spec', 'clusterIP') === 'None';
  if (ports.length === 0 && type === 'ClusterIP' && !headless) {
    problems.push({ field: 'spec.ports', message: 'Required value', reason: 'FieldValueRequired' });
  }
  const before = stringAt(old, 'spec', 'clusterIP');
  const now = stringAt(object, 'spec', 'clusterIP');
  if (before !== undefined && now !== before && type === 'ClusterIP') {
    problems.push({ field: 'spec.clusterIPs[0]', message: invalidValue(now, 'may not change once set') });
  }
  return [...problems, ...portProblems(ports), ...labelProblems(at(object, 'spec', 'selector'), 'spec.selector')];
};

/** The sandbox's service network: 10.96.0.0/12. */
const ADDRESSES = 2 ** 20;

/** Rules of Services. `isUsed` tells whether another Service holds an address. */
export const serviceRules = (isUsed: (address: string) => boolean): KindRules => {
  const chosen = new Set<string>();
  let last = 0;
  /** Addresses in order, none twice, without those that somebody chose. */
  const nextAddress = (): string => {
    for (last++; last < ADDRESSES; last++) {
      const address = `10.${96 + (last >> 16)}.${(last >> 8) & 255}.${last & 255}`;
      if (!chosen.has(address)) return address;
    }
    throw new RangeError('Cannot allocate a cluster IP: all of 10.96.0.0/12 have been given away');
  };

  return {
    admit: (object, { old }) => {
      const filled = withField(object, 'spec', defaultService(object['spec'], at(old, 'spec')));
      const problems = [...serviceProblems(filled, old)];
      const address = stringAt(filled, 'spec', 'clusterIP') ?? 'None';
      if (old === undefined && address !== 'None') {
        if (isUsed(address))
          problems.push({
            field: 'spec.clusterIPs',
            message: invalidValue([address], 'provided IP is already allocated'),
          });
        chosen.add(address);
      }
      return problems.length > 0 ? { problems } : { object: filled };
    },
    allocate: (object) => {
      const spec = object['spec'];
      if (!isRecord(spec) || spec['type'] === 'ExternalName') return object;
      const clusterIP = spec['clusterIP'] ?? nextAddress();
      const families = { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' };
      return withField(object, 'spec', { ...withDefaults(spec, families), clusterIP, clusterIPs: [clusterIP] });
    },
  };
};
