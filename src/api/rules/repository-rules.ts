import type { RepositorySpec } from '../repository.ts';
import { pathRule } from './path-rule.ts';
import { celList, celText, type Rule, rulesAt } from './rule.ts';

const PROVIDERS: readonly string[] = ['github', 'gitea'];
/** `//user@` of http addresses, `//user:password@` of any. */
const CREDENTIAL = '^https?://[^/]*@|^[a-z]+://[^/@]*:[^/@]*@';
/** What `git check-ref-format --branch` refuses, and a leading "-". */
const NO_BRANCH = '[\\x00-\\x20\\x7f~^:?*\\[\\\\]|^[-/.]|[/.]$|[.][.]|@[{]|//|/[.]|[.]lock(/|$)|^@$';

/** Rules of Repository. */
export const repositoryRules: readonly Rule[] = [
  ...rulesAt<RepositorySpec>('spec', [
    {
      field: 'url',
      sentence: 'url carries a credential: want it in the Secret that secretRef names',
      cel: `!self.url.matches(${celText(CREDENTIAL)})`,
      holds: ({ url }) => !new RegExp(CREDENTIAL).test(url),
    },
    {
      field: 'branch',
      sentence: 'branch "{branch}" cannot be the name of a branch: want one such as main',
      cel: `!self.branch.matches(${celText(NO_BRANCH)})`,
      holds: ({ branch }) => !new RegExp(NO_BRANCH).test(branch),
    },
    pathRule('root', 'a folder such as clusters/eu-1'),
  ]),
  ...rulesAt<NonNullable<RepositorySpec['provider']>>('spec.provider', [
    {
      field: 'type',
      fault: 'forbidden',
      sentence: 'provider.type {type} is not supported yet: want github or gitea, or remove provider',
      cel: `self.type in ${celList(PROVIDERS)}`,
      holds: ({ type }) => PROVIDERS.includes(type),
    },
  ]),
];
