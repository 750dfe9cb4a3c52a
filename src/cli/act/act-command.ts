import { parseCanaryStatus } from '../../api/canary-status.ts';
import { DURATION_PATTERN, durationMs } from '../../api/duration.ts';
import { API_VERSION, CANARY_LABEL } from '../../api/names.ts';
import { parseCanary } from '../../api/parse.ts';
import type { Verb } from '../../api/words.ts';
import { whoAmI } from '../../kube/who-am-i.ts';
import { assertNever } from '../../lib/assert-never.ts';
import { type KubeObject, type ObjectRef, refOf } from '../../lib/kube-object.ts';
import type { ActionView } from '../../rollout/observed.ts';
import { problemText } from '../../rollout/problems.ts';
import { CliError, EXIT } from '../exit-code.ts';
import { asCliError, type KubeFlags, type KubeSession, openSession } from '../kube-session.ts';
import { type DrawOptions, type Surroundings, styleOf } from '../surroundings.ts';
import type { CanaryView } from '../view/canary-view.ts';
import { renderSummary } from '../view/render-canary.ts';
import { structured } from '../view/structured.ts';
import { viewOfParsed } from '../view/view-of.ts';
import { type Answered, awaitAnswer } from './await-answer.ts';
import { type Bound, bindingOf } from './binding.ts';
import { confirm } from './confirm.ts';
import { foresee } from './foresee.ts';
import { questionOf } from './question.ts';

export type ActOptions = KubeFlags &
  DrawOptions & {
    readonly verb: Verb;
    readonly name: string;
    readonly gate?: string;
    readonly reason?: string;
    readonly run?: string;
    readonly revision?: string;
    readonly yes?: boolean;
    readonly dryRun?: boolean;
    /** False for `--no-wait`. */
    readonly wait: boolean;
    readonly timeout: string;
    readonly output: 'text' | 'json' | 'yaml' | 'name';
  };

/** What a command of this kind says to scripts. */
type ActionAnswer = Bound & {
  readonly kind: 'ActionAnswer';
  readonly version: 1;
  readonly namespace: string;
  readonly canary: string;
  readonly verb: Verb;
  readonly reason?: string;
  readonly requestedBy: string;
  /** Name of the CanaryAction. */
  readonly action: string;
  /** `Waiting`: written, and not waited for. `DryRun`: what it would do. */
  readonly state: string;
  readonly message: string;
  /** What it would lead to. */
  readonly after?: CanaryView;
};

/** `serin abort NAME` and its like: writes a CanaryAction that is bound to what was seen, and waits for its answer. */
export const actCommand = async (surroundings: Surroundings, options: ActOptions): Promise<void> => {
  const session = await openSession(surroundings, options);
  try {
    await act(surroundings, options, session);
  } catch (error) {
    throw asCliError(error, 'The ClusterRole serin-act has what these commands take; bind it to your user.');
  } finally {
    await session.close();
  }
};

const seen = async ({ client, namespace }: KubeSession, name: string) => {
  const object = await client.get({ apiVersion: API_VERSION, kind: 'Canary', namespace, name });
  if (object === undefined) {
    throw new CliError(`Canary ${namespace}/${name} does not exist`, {
      exitCode: EXIT.failed,
      hint: 'List them with: serin get canaries -A',
    });
  }
  const parsed = parseCanary(object);
  if (!parsed.ok) {
    throw new CliError(`Canary ${namespace}/${name} cannot be understood: ${problemText(parsed.problems)}`, {
      exitCode: EXIT.failed,
    });
  }
  return { object, spec: parsed.spec, status: parseCanaryStatus(object['status']) };
};

const act = async (surroundings: Surroundings, options: ActOptions, session: KubeSession): Promise<void> => {
  const { clock } = surroundings;
  const { verb, name, reason } = options;
  const timeout = timeoutOf(options.timeout);
  const { object, spec, status } = await seen(session, name);
  const bound = bindingOf(status, { verb, name, named: options });
  const requestedBy = await whoAmI(session.transport, { clock });
  const now = clock.now();
  const asked = { verb, ...bound, ...(reason === undefined ? {} : { reason }), requestedBy };
  const action: ActionView = { name: actionName(options, surroundings), createdAt: now, ...asked };
  const foreseen = foresee(object, { spec, status, action, now });
  if (foreseen.state === 'Refused') throw new CliError(foreseen.message, { exitCode: EXIT.failed });
  const written: KubeObject = {
    apiVersion: API_VERSION,
    kind: 'CanaryAction',
    metadata: { name: action.name, namespace: session.namespace, labels: { [CANARY_LABEL]: name } },
    spec: { canaryRef: { name }, ...asked },
  };
  const answer = {
    kind: 'ActionAnswer',
    version: 1,
    namespace: session.namespace,
    canary: name,
    ...asked,
    action: action.name,
  } as const;
  if (options.dryRun === true) {
    await session.client.create(written, { dryRun: true });
    const { message } = foreseen;
    const after = viewOfParsed(object, { spec, status: foreseen.status });
    const lines = renderSummary(after, { style: styleOf(surroundings, options), now });
    const text = [`${message} (dry run)`, '', ...lines];
    surroundings.out.write(told(options.output, { ...answer, state: 'DryRun', message, after }, text));
    return;
  }
  const { gate } = bound;
  const question = questionOf(verb, { status, after: foreseen.status, ...(gate === undefined ? {} : { gate }) });
  if (question !== undefined && options.yes !== true) await confirm(question, surroundings);
  await session.client.create(written);
  const answered = await settled(surroundings, options, { session, ref: refOf(written), timeout });
  surroundings.out.write(told(options.output, { ...answer, ...answered }, [answered.message]));
};

/** Waits for the answer; refused ends with 1, no answer in time with 2. */
const settled = async (
  { clock, signal }: Surroundings,
  options: ActOptions,
  { session, ref, timeout }: { readonly session: KubeSession; readonly ref: ObjectRef; readonly timeout: number },
): Promise<Answered> => {
  const action = `CanaryAction ${ref.namespace}/${ref.name}`;
  if (!options.wait)
    return { state: 'Waiting', message: `${action} is written; its status will say what became of it` };
  const answered = await awaitAnswer(ref, { client: session.client, clock, signal, ms: timeout });
  if (answered === undefined) {
    throw new CliError(`The controller has not answered ${action} within ${options.timeout}`, {
      exitCode: EXIT.inconclusive,
      hint: `It stands, and is done when the controller sees it; to take it back: kubectl delete canaryaction ${ref.name} -n ${ref.namespace}`,
    });
  }
  if (answered.state !== 'Done') throw new CliError(answered.message, { exitCode: EXIT.failed });
  return answered;
};

/** The answer in the form that was asked for; `lines` are its text. */
const told = (output: ActOptions['output'], answer: ActionAnswer, lines: readonly string[]): string => {
  switch (output) {
    case 'text':
      return `${lines.join('\n')}\n`;
    case 'name':
      return `canaryaction.serin.dev/${answer.action}\n`;
    case 'json':
    case 'yaml':
      return structured(answer, output);
    default:
      return assertNever(output, 'output');
  }
};

/** A duration in ms; a number alone is seconds. */
const timeoutOf = (text: string): number => {
  if (/^[0-9]{1,6}$/.test(text)) return Number(text) * 1000;
  if (new RegExp(DURATION_PATTERN).test(text)) return durationMs(text);
  throw new CliError(`Cannot wait for "${text}": want a duration such as 30s or 2m`, { exitCode: EXIT.usage });
};

/** Says what it is, is new each time, and is a name that Kubernetes takes. */
const actionName = ({ name, verb }: ActOptions, { random, clock }: Surroundings): string => {
  const salt = Math.floor(random() * 36 ** 4)
    .toString(36)
    .padStart(4, '0');
  return `${name}-${verb.toLowerCase()}-${Math.floor(clock.now() / 1000).toString(36)}${salt}`;
};
