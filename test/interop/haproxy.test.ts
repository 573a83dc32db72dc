import { describeProxy } from './support/reverse-proxy';

describeProxy({
  name: 'HAProxy',
  command: 'haproxy',
  debianPackage: 'haproxy',
  statusWithoutApp: 503,
  // -db: in the foreground, as one process.
  arguments: (configurationFile) => ['-db', '-f', configurationFile],
  configuration: ({ app, plain, tls, hasty, renaming }, _folder, certificate) => `
global
  maxconn 256

defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  # Counts from the 101 on, in place of those for client and server.
  timeout tunnel 30s
  # By default it waits a second before it tries again.
  retries 0
  option forwardfor

backend app
  server app 127.0.0.1:${app}

backend hasty-app
  timeout tunnel 2s
  server app 127.0.0.1:${app}

frontend plain
  bind 127.0.0.1:${plain}
  http-request set-header X-Forwarded-Proto http
  default_backend app

frontend tls
  bind 127.0.0.1:${tls} ssl crt ${certificate}
  http-request set-header X-Forwarded-Proto https
  default_backend app

frontend hasty
  bind 127.0.0.1:${hasty}
  default_backend hasty-app

frontend renaming
  bind 127.0.0.1:${renaming}
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header Host app.internal
  default_backend app
`,
});
