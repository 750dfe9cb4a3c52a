import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from '../rig/component.ts';
import { ADDRESS, PORTS, type Rig } from '../rig/rig.ts';

const GIT_HTTP_BACKEND = '/usr/lib/git-core/git-http-backend';
const USER = 'serin';

const path = ({ folder }: Rig, name: string): string => join(folder, 'git', name);
const passwordFile = (rig: Rig): string => path(rig, 'password');
const socketOf = (rig: Rig): string => path(rig, 'cgi.socket');

/** Holds the bare repositories. */
export const repositoriesOf = (rig: Rig): string => path(rig, 'repositories');

/** Who may read and push. */
export const gitLogin = (rig: Rig): { readonly username: string; readonly password: string } => ({
  username: USER,
  password: readFileSync(passwordFile(rig), 'utf8'),
});

/** Address of `name`.git, for clone and push. */
export const gitUrl = (name: string): string => `http://${ADDRESS}:${PORTS.git}/${name}.git`;

const nginxConfig = (rig: Rig): string => `
daemon off;
user root;
pid ${path(rig, 'nginx.pid')};
error_log stderr;
worker_processes 1;
events {}
http {
  access_log ${path(rig, 'access.log')};
  client_body_temp_path ${path(rig, 'body')};
  fastcgi_temp_path ${path(rig, 'fastcgi')};
  proxy_temp_path ${path(rig, 'proxy')};
  uwsgi_temp_path ${path(rig, 'uwsgi')};
  scgi_temp_path ${path(rig, 'scgi')};
  client_max_body_size 0;
  server {
    listen ${ADDRESS}:${PORTS.git};
    location = /healthz { return 200 ok; }
    location / {
      auth_basic git;
      auth_basic_user_file ${path(rig, 'users')};
      fastcgi_pass unix:${socketOf(rig)};
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME ${GIT_HTTP_BACKEND};
      fastcgi_param PATH_INFO $uri;
      fastcgi_param GIT_PROJECT_ROOT ${repositoriesOf(rig)};
      fastcgi_param GIT_HTTP_EXPORT_ALL 1;
      fastcgi_param GIT_PROTOCOL $http_git_protocol;
      fastcgi_param REMOTE_USER $remote_user;
    }
  }
}
`;

const makeFolders = (rig: Rig): void => {
  mkdirSync(repositoriesOf(rig), { recursive: true });
  if (!existsSync(passwordFile(rig)))
    writeFileSync(passwordFile(rig), randomBytes(12).toString('hex'), { mode: 0o600 });
};

/** Runs `git http-backend` for nginx. */
export const gitBackend: Component = {
  name: 'git-backend',
  prepare: (rig) => {
    makeFolders(rig);
    rmSync(socketOf(rig), { force: true });
  },
  argv: (rig) => ['fcgiwrap', '-f', '-c', '4', '-s', `unix:${socketOf(rig)}`],
  ready: async (rig) => existsSync(socketOf(rig)),
};

/** Serves the repositories over HTTP, to who knows the password. */
export const gitServer: Component = {
  name: 'git-server',
  prepare: (rig) => {
    makeFolders(rig);
    writeFileSync(path(rig, 'users'), `${USER}:{PLAIN}${gitLogin(rig).password}\n`, { mode: 0o600 });
    writeFileSync(path(rig, 'nginx.conf'), nginxConfig(rig));
  },
  argv: (rig) => ['nginx', '-p', path(rig, ''), '-e', 'stderr', '-c', path(rig, 'nginx.conf')],
  ready: async () => (await fetch(`http://${ADDRESS}:${PORTS.git}/healthz`)).status === 200,
};
