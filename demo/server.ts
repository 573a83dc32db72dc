/** The chat site as one server, over HTTP/1.1 and, with TLS, over HTTP/2. `npm start` runs it. */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { serveHttp2 } from 'switchboard';
import { makeCertificate } from './certificate';
import { listen, portsFromEnvironment } from './ports';
import { onStopSignal } from './signals';
import { makeSite } from './site';

async function start(): Promise<void> {
  const ports = portsFromEnvironment();
  const site = makeSite({ secret: process.env.SESSION_SECRET || randomBytes(32).toString('hex') });
  const plain = http.createServer(site.app);
  const secure = serveHttp2(site.app, await makeCertificate());

  // Everybody is told that the servers go away, one after the other; then nothing keeps the process.
  const stop = async (): Promise<void> => {
    plain.close();
    secure.close();
    await site.close();
  };
  onStopSignal(stop);

  try {
    const port = await listen(plain, ports.http, 'PORT');
    const securePort = await listen(secure, ports.https, 'PORT_HTTPS');
    console.log(
      `The chat is on http://localhost:${port} and, over HTTP/2, on https://localhost:${securePort} (Ctrl-C ends it)\n` +
        'The browser will warn about the certificate of https once: it was made just now, for this computer only.',
    );
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
    await stop();
  }
}

void start();
