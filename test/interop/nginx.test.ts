import { describeProxy } from './support/reverse-proxy';

describeProxy({
  name: 'nginx',
  command: 'nginx',
  debianPackage: 'nginx',
  statusWithoutApp: 502,
  arguments: (configurationFile) => ['-e', 'stderr', '-c', configurationFile],
  configuration: ({ app, plain, tls, hasty, renaming }, folder, certificate) => `
    daemon off;
    # One process, which is whoever runs the tests.
    master_process off;
    pid ${folder}/nginx.pid;
    error_log stderr warn;
    events { worker_connections 256; }
    http {
      access_log off;
      client_body_temp_path ${folder}/body;
      proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi;
      scgi_temp_path ${folder}/scgi;
      # Upgrade and Connection belong to one hop: nginx passes them on only when told to.
      map $http_upgrade $connection_upgrade { default upgrade; '' close; }
      proxy_http_version 1.1;
      server {
        listen 127.0.0.1:${plain};
        location / {
          proxy_pass http://127.0.0.1:${app};
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $connection_upgrade;
          # Not $host, which has no port: the origin of a page has one.
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header X-Forwarded-Proto $scheme;
        }
      }
      server {
        listen 127.0.0.1:${tls} ssl;
        ssl_certificate ${certificate};
        ssl_certificate_key ${certificate};
        location / {
          proxy_pass http://127.0.0.1:${app};
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $connection_upgrade;
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header X-Forwarded-Proto $scheme;
        }
      }
      server {
        listen 127.0.0.1:${hasty};
        location / {
          proxy_pass http://127.0.0.1:${app};
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $connection_upgrade;
          proxy_read_timeout 2s;
        }
      }
      server {
        listen 127.0.0.1:${renaming};
        location / {
          proxy_pass http://127.0.0.1:${app};
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $connection_upgrade;
          proxy_set_header Host app.internal;
          proxy_set_header X-Forwarded-Host $http_host;
        }
      }
    }
`,
});
