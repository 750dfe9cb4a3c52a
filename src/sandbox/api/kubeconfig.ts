/** Text of a kubeconfig (JSON, which is YAML) that reaches the sandbox as the user of `token`. */
export const kubeconfig = (url: string, token: string): string =>
  JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'sandbox', cluster: { server: url } }],
      users: [{ name: 'sandbox', user: { token } }],
      contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'sandbox' } }],
      'current-context': 'sandbox',
    },
    null,
    2,
  );
