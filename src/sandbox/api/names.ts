// The forms of names in Kubernetes and the API server's words about them (k8s.io/apimachinery/pkg/util/validation).
const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;

const matches = (form: string, value: string): boolean => new RegExp(`^(?:${form})$`).test(value);

/** Examples as the server lists them, the odd space included. */
const examples = (form: string, ...names: readonly string[]): string =>
  `(e.g. ${names.map((name) => `'${name}'`).join(',  or ')}, regex used for validation is '${form}')`;

const ENDS = 'and must start and end with an alphanumeric character';
const wrongLabel = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', ${ENDS} ${examples(LABEL, 'my-name', '123-abc')}`;
const wrongSubdomain = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', ${ENDS} ${examples(SUBDOMAIN, 'example.com')}`;
const wrongName = `name part must consist of alphanumeric characters, '-', '_' or '.', ${ENDS} ${examples(QUALIFIED, 'MyName', 'my.name', '123-abc')}`;
const wrongValue = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', ${ENDS} ${examples(LABEL_VALUE, 'MyValue', 'my_value', '12345')}`;

/** What is wrong with a name of at most 63 characters without dots; undefined when it is right. */
export const dnsLabelProblem = (value: string): string | undefined => {
  if (value.length > 63) return 'must be no more than 63 characters';
  if (matches(LABEL, value)) return undefined;
  return matches(SUBDOMAIN, value) ? 'must not contain dots' : wrongLabel;
};

/** What is wrong with a name of at most 253 characters, dots allowed. */
export const dnsSubdomainProblem = (value: string): string | undefined => {
  if (value.length > 253) return 'must be no more than 253 characters';
  return matches(SUBDOMAIN, value) ? undefined : wrongSubdomain;
};

/** What is wrong with the key of a label, annotation or finalizer: a name, after a domain and a slash if there is one. */
export const qualifiedNameProblem = (key: string): string | undefined => {
  const slash = key.indexOf('/');
  const name = key.slice(slash + 1);
  const wrongPrefix = slash < 0 ? undefined : dnsSubdomainProblem(key.slice(0, slash));
  if (wrongPrefix !== undefined) return `prefix part ${wrongPrefix}`;
  if (name.length > 63) return 'name part must be no more than 63 bytes';
  return matches(QUALIFIED, name) ? undefined : wrongName;
};

/** What is wrong with the value of a label. */
export const labelValueProblem = (value: string): string | undefined => {
  if (value.length > 63) return 'must be no more than 63 bytes';
  return matches(LABEL_VALUE, value) ? undefined : wrongValue;
};

/** What is wrong with the name of a port: at most 15 small letters, digits and hyphens, with a letter among them. */
export const portNameProblem = (value: string): string | undefined => {
  if (value.length > 15) return 'must be no more than 15 characters';
  if (!/^[-a-z0-9]+$/.test(value)) return 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)';
  if (!/[a-z]/.test(value)) return 'must contain at least one letter (a-z)';
  if (value.includes('--')) return 'must not contain consecutive hyphens';
  return /^-|-$/.test(value) ? 'must not begin or end with a hyphen' : undefined;
};
