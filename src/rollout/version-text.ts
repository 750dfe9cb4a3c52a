import type { Images } from '../api/canary-status.ts';
import { shortVersion } from '../lib/image-reference.ts';

/** What people call a version: the tags of its images, each once; the revision where there are none. */
export const versionText = (images: Images, revision: string): string =>
  [...new Set(Object.values(images).map(shortVersion))].join(', ') || revision;

/**
 * What people call a change: `6.0.0 → 6.1.0`, of the containers whose image changes. Where none does it is a change of
 * the template or of a config, and the revision names it: `6.0.0 (revision 7c9f8d)`.
 */
export const changeText = (from: Images, to: { readonly images: Images; readonly revision: string }): string => {
  const changes = Object.entries(to.images)
    .filter(([container, image]) => from[container] !== image)
    .map(([container, image]) => {
      const before = from[container];
      return before === undefined ? shortVersion(image) : `${shortVersion(before)} → ${shortVersion(image)}`;
    });
  const unique = [...new Set(changes)];
  return unique.length > 0 ? unique.join(', ') : `${versionText(to.images, to.revision)} (revision ${to.revision})`;
};
