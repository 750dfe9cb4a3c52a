import { sameJson } from '../../lib/json.ts';
import type { KindRules } from './admission.ts';
import { invalidValue } from './metadata.ts';

/** What a ControllerRevision has stored stays; its number may change. */
export const controllerRevisionRules: KindRules = {
  admit: (object, { old }) => {
    if (old === undefined || sameJson(object['data'], old['data'])) return { object };
    return { problems: [{ field: 'data', message: invalidValue(object['data'], 'field is immutable') }] };
  },
};
