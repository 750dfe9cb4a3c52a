import { istio } from '#src/traffic/istio.ts';
import { admitIstio, istioRef } from '#test/traffic/istio/an-istio.ts';
import { istioTraffic } from '#test/traffic/istio/plane.ts';
import { pinSamples } from './pin-samples.ts';
import { routerContract } from './router-contract.ts';

const ANY = ['exact', 'prefix', 'regex'] as const;
const pins = pinSamples({ pins: { header: ANY, cookie: ANY, query: ANY } });

routerContract({
  name: 'Istio: VirtualService made by Serin',
  golden: 'istio-own',
  router: istio,
  ref: istioRef,
  before: [],
  admit: admitIstio,
  traffic: istioTraffic('podinfo', [{ uri: '/' }]),
  pins,
  edit: () => {},
});
