import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextIteration } from 'node:timers/promises';
import { expect } from 'chai';
import express from 'express';
import { Agent, type Dispatcher, FormData, fetch, H2CClient, type RequestInit } from 'undici';
import { debianTool } from '../support/debian-tool';
import { HttpSite, httpRows } from '../support/http-site';

interface PageRequest {
  method?: string;
  headers?: Record<string, string>;
  /** A file is sent as a field of a form, anything else as the body, with its length or without. */
  body?: { kind: 'file' | 'bytes' | 'pieces'; bytes: Buffer };
}

interface Page {
  status: number;
  headers: Record<string, string>;
  bytes: Buffer;
}

/** A client of somebody else. Rejects when the answer is cut, and follows no redirect. */
type AskPeer = (site: HttpSite, path: string, request?: PageRequest) => Promise<Page>;

const large = Buffer.from(Array.from({ length: 3 * 1024 * 1024 }, (_, index) => (index * 13) % 256));

/** What is asked of our server by undici and curl, over all protocols that it speaks. */
function addRoutes(site: HttpSite): void {
  const { app } = site;
  app.get('/version', (req, res) => {
    res.json([req.httpVersion, req.protocol, req.hostname]);
  });
  app.post('/echo', express.raw({ type: () => true, limit: '10mb' }), (req, res) => {
    res.type('application/octet-stream').send(req.body);
  });
  app.post('/form', express.raw({ type: 'multipart/form-data', limit: '10mb' }), async (req, res) => {
    const headers = { 'content-type': req.headers['content-type']! };
    const file = (await new Response(req.body as Buffer, { headers }).formData()).get('file') as File;
    res.type('application/octet-stream').send(Buffer.from(await file.arrayBuffer()));
  });
  app.post('/refused', (_req, res) => {
    res.status(401).send('log in first');
  });
  app.get('/large', (_req, res) => {
    res.type('application/octet-stream').send(large);
  });
  app.get('/streamed', async (_req, res) => {
    for (let part = 0; part < 10; part++) {
      res.write(`part ${part};`);
      await nextIteration();
    }
    res.end();
  });
  app.get('/hints', (_req, res) => {
    res.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
    res.send('hinted');
  });
  app.get('/old', (_req, res) => res.redirect('/version'));
  app.get('/cut', (_req, res) => {
    res.write('the beginning');
    setImmediate(() => res.destroy());
  });
}

function describePages(name: string, prepare: (context: Mocha.Context) => AskPeer): void {
  for (const row of httpRows) {
    describe(`${name} and our pages, over ${row.name}`, () => {
      const site = new HttpSite('Express 5', express, row);
      let ask: AskPeer;
      before(async function () {
        this.timeout(60_000);
        ask = prepare(this);
        await site.certify();
        await site.start();
        addRoutes(site);
      });
      after(() => site.close());

      it('gets a page over the protocol that is meant', async () => {
        const { status, headers, bytes } = await ask(site, '/version');
        expect([status, headers['content-type']]).to.deep.equal([200, 'application/json; charset=utf-8']);
        expect(JSON.parse(String(bytes))).to.deep.equal([row.version, row.secure ? 'https' : 'http', '127.0.0.1']);
      });

      it('gets no body for HEAD, and a 404', async () => {
        const head = await ask(site, '/large', { method: 'HEAD' });
        expect([head.status, head.bytes.length]).to.deep.equal([200, 0]);
        expect(head.headers['content-length']).to.equal(String(large.length));
        expect((await ask(site, '/nowhere')).status).to.equal(404);
      });

      for (const [how, kind] of [
        ['with its length', 'bytes'],
        ['without its length', 'pieces'],
      ] as const) {
        it(`gets back what it sends ${how}`, async () => {
          for (const body of [Buffer.from('{"a":1}'), Buffer.alloc(0), large]) {
            const headers = { 'content-type': 'application/octet-stream' };
            const { status, bytes } = await ask(site, '/echo', {
              method: 'POST',
              headers,
              body: { kind, bytes: body },
            });
            expect([status, bytes.length, bytes.equals(body)]).to.deep.equal([200, body.length, true]);
          }
        });
      }

      it('hears an answer that comes before all has been sent', async () => {
        for (const kind of ['bytes', 'pieces', 'file'] as const) {
          const { status, bytes } = await ask(site, '/refused', { method: 'POST', body: { kind, bytes: large } });
          expect([status, String(bytes)]).to.deep.equal([401, 'log in first']);
        }
      });

      it('uploads a file in a form', async () => {
        const { status, bytes } = await ask(site, '/form', { method: 'POST', body: { kind: 'file', bytes: large } });
        expect([status, bytes.equals(large)]).to.deep.equal([200, true]);
      });

      it('downloads what is large, and what is streamed', async () => {
        expect((await ask(site, '/large')).bytes.equals(large)).to.equal(true);
        expect(String((await ask(site, '/streamed')).bytes)).to.match(/^(part \d;){10}$/);
      });

      it('sees a redirect, and is not confused by a 103', async () => {
        const old = await ask(site, '/old');
        expect([old.status, old.headers.location]).to.deep.equal([302, '/version']);
        const { status, bytes } = await ask(site, '/hints');
        expect([status, String(bytes)]).to.deep.equal([200, 'hinted']);
      });

      it('sees that an answer is cut', async () => {
        expect(await ask(site, '/cut').catch((error: unknown) => error)).to.be.an('error');
      });
    });
  }
}

describePages('undici', () => async (site, path, { method = 'GET', headers = {}, body } = {}) => {
  const { version, secure } = site.row;
  const allowH2 = version === '2.0';
  const dispatcher: Dispatcher =
    allowH2 && !secure
      ? new H2CClient(site.origin)
      : new Agent({ allowH2, connect: { ca: site.certificates.authority } });
  try {
    const init: RequestInit = body === undefined ? {} : { body: fetchBody(body), duplex: 'half' };
    const response = await fetch(`${site.origin}${path}`, { method, headers, dispatcher, redirect: 'manual', ...init });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: Object.fromEntries(response.headers), bytes };
  } finally {
    await dispatcher.destroy();
  }
});

function fetchBody({ kind, bytes }: NonNullable<PageRequest['body']>) {
  if (kind === 'bytes') return bytes;
  if (kind === 'pieces') return new Blob([bytes]).stream();
  const form = new FormData();
  form.set('file', new Blob([bytes]), 'large.bin');
  return form;
}

describePages('curl', (context) => {
  const curl = debianTool(context, 'curl');
  return async (site, path, { method = 'GET', headers = {}, body } = {}) => {
    const folder = mkdtempSync(join(tmpdir(), 'curl-'));
    try {
      const authority = join(folder, 'authority.pem');
      writeFileSync(authority, site.certificates.authority);
      const args = ['--silent', '--max-time', '8', '--noproxy', '*', '--cacert', authority];
      args.push(protocolArgument(site), ...(method === 'HEAD' ? ['--head', '--output', join(folder, 'head')] : []));
      for (const [name, value] of Object.entries(headers)) args.push('--header', `${name}: ${value}`);
      if (body !== undefined) args.push(...bodyArguments(folder, body));
      args.push('--write-out', '%{stderr}{"status":%{response_code},"headers":%{header_json}}');
      const { stdout, stderr } = await run(curl, [...args, `${site.origin}${path}`]);
      const { status, headers: received } = JSON.parse(stderr) as { status: number; headers: Record<string, string[]> };
      const first = Object.entries(received).map(([name, values]) => [name, values[0]!]);
      return { status, headers: Object.fromEntries(first), bytes: stdout };
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
});

function protocolArgument({ row }: HttpSite): string {
  if (row.version === '1.1') return '--http1.1';
  return row.secure ? '--http2' : '--http2-prior-knowledge';
}

function bodyArguments(folder: string, { kind, bytes }: NonNullable<PageRequest['body']>): string[] {
  const file = join(folder, 'body');
  writeFileSync(file, bytes);
  if (kind === 'file') return ['--form', `file=@${file}`];
  // Over HTTP/2 curl leaves out both headers, and sends no length.
  const chunked = kind === 'pieces' ? ['--header', 'Transfer-Encoding: chunked'] : [];
  return ['--data-binary', `@${file}`, ...chunked];
}

function run(program: string, args: string[]): Promise<{ stdout: Buffer; stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(error);
      else resolve({ stdout, stderr: String(stderr) });
    });
  });
}
