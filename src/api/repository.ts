import { z } from 'zod';
import { httpUrl, namespace, SENSITIVE, secretRef, text, want } from './field.ts';

const provider = z.strictObject({
  type: z.enum(['github', 'gitea', 'gitlab', 'generic']).describe('Kind of Git server: github or gitea.'),
  apiUrl: httpUrl.optional().describe("Address of the API; follows from the Repository's url when absent."),
  secretRef: secretRef.describe('Secret with the key token, which may open pull requests.'),
});

/** `spec` of a Repository: one branch of one Git repository that outcomes are committed to. */
export const repositorySpec = z.strictObject({
  url: z
    .string()
    .min(1)
    .max(2048)
    .regex(/^((https?|ssh|file):\/\/[^ ]+|[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^ ]+)$/)
    .meta({ ...want('https://host/path, ssh://user@host/path or user@host:path'), ...SENSITIVE })
    .describe('Address of the repository, https or ssh, without a credential.'),
  branch: text(253).default('main').describe('Branch that is read and written.'),
  root: z.string().max(512).default('').describe('Folder that Serin stays in; the whole repository when empty.'),
  secretRef: secretRef
    .optional()
    .describe('Secret with username and password, bearerToken, or identity and known_hosts; also ca.crt and proxy.'),
  provider: provider.optional().describe('API of the Git server, for pull requests.'),
  author: z
    .strictObject({
      name: text(253).default('Serin').describe('Name of the author of commits.'),
      email: text(253).default('serin@localhost').describe('E-mail address of the author of commits.'),
    })
    .prefault({})
    .describe('Author of commits.'),
  signingKeyRef: secretRef
    .optional()
    .describe('Secret with the key identity: Ed25519 in OpenSSH format; signs commits.'),
  commit: z
    .strictObject({
      skipCI: z.boolean().default(true).describe('Puts [skip ci] into messages, so that a record starts no build.'),
      template: text(4096)
        .optional()
        .describe('Message of commits, with variables in {{ }}: subject, sentence, outcome, cause, from, to, …'),
    })
    .prefault({})
    .describe('Messages of commits.'),
  maxRevertsPerHour: z.int().min(1).max(1000).default(10).describe('More reverts than this are held for a person.'),
  allowedNamespaces: z
    .array(namespace)
    .max(256)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .default([])
    .describe('Other namespaces whose Canaries may use this Repository.'),
});
export type RepositorySpec = z.output<typeof repositorySpec>;

/** `status` of a Repository. */
export const repositoryStatus = z.looseObject({
  lastCommit: z.string().optional().describe('Last commit that Serin has seen on the branch.'),
  mirror: z
    .looseObject({
      bytes: z.int().optional().describe('Size on disk.'),
      fetchedAt: z.string().optional().describe('Last fetch.'),
    })
    .optional()
    .describe("Serin's copy."),
  queue: z.int().optional().describe('Outcomes that wait to be written.'),
});
