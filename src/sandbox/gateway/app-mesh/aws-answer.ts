import type { KubeObject } from '../../../lib/kube-object.ts';

/** What the API of App Mesh makes of an object that its controller brings. */
export type AwsAnswer =
  | { readonly type: 'active' }
  /** It has the object and does not serve it. The controller itself gives neither reason nor message. */
  | { readonly type: 'inactive'; readonly reason?: string; readonly message?: string }
  /** It refuses: the controller tries again and again, and the status stays as it was. */
  | { readonly type: 'error' };

export type AskAws = (object: KubeObject) => AwsAnswer;
