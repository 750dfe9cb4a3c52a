import { REVISION_LABEL } from '#src/api/names.ts';
import { listAt, numberAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { World } from './a-world.ts';

/** Requests that may still reach the canary after its weight was lowered: the gateway needs a moment. */
const LATE = 3;

type Split = { readonly primary: number; readonly canary: number };

const ALL_TO_PRIMARY: Split = { primary: 100, canary: 0 };

/** The split among entries of which each names a backend and a weight; while they name the apex, it gets everything. */
const splitOf = (
  entries: readonly unknown[],
  { backend, primary, canary }: { backend: (entry: unknown) => string | undefined; primary: string; canary: string },
): Split => {
  const of = (name: string): number | undefined =>
    numberAt(
      entries.find((entry) => backend(entry) === name),
      'weight',
    );
  const [toPrimary, toCanary] = [of(primary), of(canary)];
  return toPrimary === undefined && toCanary === undefined
    ? ALL_TO_PRIMARY
    : { primary: toPrimary ?? 0, canary: toCanary ?? 0 };
};

const SERVICES = { primary: 'podinfo-primary', canary: 'podinfo-canary' };
const UPSTREAMS = { primary: 'shop-podinfo-primaryupstream-80', canary: 'shop-podinfo-canaryupstream-80' };

/** Weights in the one rule of a route, by what carries them; undefined for every other object. */
const splitIn = (object: KubeObject): Split | undefined => {
  switch (`${object.apiVersion} ${object.kind}`) {
    case 'gateway.networking.k8s.io/v1 HTTPRoute':
      return splitOf(listAt(object, 'spec', 'rules', 0, 'backendRefs'), {
        ...SERVICES,
        backend: (entry) => stringAt(entry, 'name'),
      });
    case 'networking.istio.io/v1 VirtualService':
      // Cookies and mirrors have routes of their own before it.
      return splitOf(listAt(listAt(object, 'spec', 'http').at(-1), 'route'), {
        ...SERVICES,
        backend: (entry) => stringAt(entry, 'destination', 'host'),
      });
    case 'appmesh.k8s.aws/v1beta2 VirtualRouter':
      return splitOf(listAt(object, 'spec', 'routes', 0, 'httpRoute', 'action', 'weightedTargets'), {
        ...SERVICES,
        backend: (entry) => stringAt(entry, 'virtualNodeRef', 'name'),
      });
    case 'gateway.solo.io/v1 RouteTable':
      return splitOf(listAt(object, 'spec', 'routes', 0, 'routeAction', 'multi', 'destinations'), {
        ...UPSTREAMS,
        backend: (entry) => stringAt(entry, 'destination', 'upstream', 'name'),
      });
    case 'networking.k8s.io/v1 Ingress':
      return object.metadata.name === 'podinfo-canary' ? splitOfIngress(object) : undefined;
    default:
      return undefined;
  }
};

const splitOfIngress = (ingress: KubeObject): Split => {
  if (stringAt(ingress, 'spec', 'ingressClassName') !== 'nginx') return ALL_TO_PRIMARY;
  const canary = Number(ingress.metadata.annotations?.['nginx.ingress.kubernetes.io/canary-weight'] ?? '0');
  return { primary: 100 - canary, canary };
};

/**
 * Watches over what must hold at every moment (DESIGN §7), whoever crashes meanwhile: weights sum to 100 and never
 * exceed what the status intends, nor rise again once they fell; the primary runs only what is stable or being
 * promoted; a version under judgement gets its share of the requests and no more. Call what it returns at the end: it says what was broken.
 */
export const guard = (world: World): (() => readonly string[]) => {
  const broken: string[] = [];
  let weight = 0;
  /** A route of Traefik divides exactly, every other plane by chance. */
  let splitsByChance = false;
  /** The run whose weight was lowered last; in these worlds that is for good. */
  let lowered: string | undefined;
  let mark = world.load.snapshot();
  /** Versions that the primary has run: their requests are everybody's. */
  const serving = new Set(Object.keys(mark.versions));

  /** A Canary that is deleted gives back to Git what it asks for, judged or not. */
  let givenBack = false;

  const closeInterval = (): void => {
    const { requests, versions } = world.load.since(mark);
    for (const [version, counted] of Object.entries(versions)) {
      const chance = splitsByChance ? 4 * Math.sqrt(requests * (weight / 100) * (1 - weight / 100)) : 0;
      const allowed = Math.ceil((requests * weight) / 100 + chance) + LATE;
      if (!givenBack && !serving.has(version) && counted.requests > allowed) {
        broken.push(`${version} got ${counted.requests} of ${requests} requests at weight ${weight}`);
      }
    }
    mark = world.load.snapshot();
  };

  const onSplit = ({ primary, canary }: Split): void => {
    if (primary + canary !== 100) broken.push(`weights ${primary} and ${canary} do not sum to 100`);
    const intended = world.canary().run?.weight.set ?? 0;
    if (canary > weight && canary > intended) broken.push(`weight rose to ${canary} while the status says ${intended}`);
    const run = world.canary().run?.id;
    if (canary > weight && run !== undefined && lowered === run) broken.push(`run ${run} got weight ${canary} back`);
    if (canary < weight) lowered = run;
    if (canary === weight) return;
    closeInterval();
    weight = canary;
  };

  const onPrimary = (primary: KubeObject): void => {
    const revision = primary.metadata.labels?.[REVISION_LABEL];
    const { stable, run } = world.canary();
    const promoted = run !== undefined && ['promoting', 'returning', 'ending'].includes(run.stage) ? run.revision : '';
    if (revision !== stable?.revision && revision !== promoted) {
      broken.push(`podinfo-primary runs ${revision} while ${stable?.revision} is stable`);
    }
    const image = stringAt(primary, 'spec', 'template', 'spec', 'containers', 0, 'image') ?? '';
    const version = /:([^@]+)/.exec(image)?.[1] ?? '';
    if (serving.has(version)) return;
    closeInterval();
    serving.add(version);
  };

  const runs = new Map<string, string>();
  const onRun = (run: KubeObject): void => {
    const { name, uid = '' } = run.metadata;
    if ((runs.get(name) ?? uid) !== uid) broken.push(`CanaryRun ${name} was written twice`);
    runs.set(name, uid);
  };

  world.cluster.api.subscribe(({ type, object }) => {
    if (type === 'DELETED') return;
    const split = splitIn(object);
    if (split !== undefined) {
      splitsByChance = object.kind !== 'HTTPRoute';
      onSplit(split);
    }
    if (object.kind === 'Deployment' && object.metadata.name === 'podinfo-primary') onPrimary(object);
    if (object.kind === 'CanaryRun') onRun(object);
    if (object.kind === 'Canary' && object.metadata.deletionTimestamp !== undefined && !givenBack) {
      closeInterval();
      givenBack = true;
    }
  });
  return () => {
    closeInterval();
    return broken;
  };
};
