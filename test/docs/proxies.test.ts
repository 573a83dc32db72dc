import { expect } from 'chai';
import { freePorts, PeerProcess } from '../interop/support/peer-process';
import { codeBlocks } from '../support/code-blocks';
import { debianTool } from '../support/debian-tool';
import { MessageClients, refusedStatus } from '../support/message-clients';
import { ReaderFolder } from '../support/readme-examples';

/** A configuration of the page, for ports of this test and without TLS. */
function configurationOf(language: string, app: number): string {
  const block = codeBlocks().find(
    (each) => each.document === 'docs/how-to/behind-a-proxy.md' && each.language === language,
  );
  return block!.code.replaceAll('127.0.0.1:8765', `127.0.0.1:${app}`);
}

describe('docs/how-to/behind-a-proxy.md', function () {
  this.timeout(60_000);
  const clients = new MessageClients();
  const reader = new ReaderFolder();
  let proxy: PeerProcess;
  let app: number;

  before(async () => {
    app = await reader.start('behind-a-proxy');
  });

  beforeEach(() => {
    proxy = new PeerProcess();
  });

  afterEach(() => proxy.stop());

  after(async () => {
    clients.terminate();
    await reader.dispose();
  });

  /** The client's address, how it came, and that pages of its own origin may, and others may not. */
  async function check(port: number, scheme: 'http' | 'https'): Promise<void> {
    const url = `ws://127.0.0.1:${port}/whoami`;
    const { next } = await clients.open(url, { origin: `${scheme}://127.0.0.1:${port}` });
    expect(await next()).to.equal(`127.0.0.1 over ${scheme}`);
    expect(await refusedStatus(url, { origin: 'https://evil.example' })).to.equal(403);
  }

  it('has a configuration for nginx', async function () {
    const nginx = debianTool(this, 'nginx');
    const [port = 0] = await freePorts(1);
    const folder = proxy.folder;
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    const server = configurationOf('nginx', app).replace('listen 443 ssl;', `listen 127.0.0.1:${port};`);
    const configuration = proxy.write(
      'nginx.conf',
      `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr warn; events {}
      http { access_log off; ${paths.join(' ')} ${server} }`,
    );
    proxy.start(nginx, ['-e', 'stderr', '-c', configuration]);
    await proxy.listens(port);
    await check(port, 'http');
  });

  it('has a configuration for HAProxy', async function () {
    const haproxy = debianTool(this, 'haproxy');
    const [port = 0] = await freePorts(1);
    const text = configurationOf('haproxy', app).replace(/bind :443 .*/, `bind 127.0.0.1:${port}`);
    proxy.start(haproxy, ['-db', '-f', proxy.write('haproxy.cfg', text)]);
    await proxy.listens(port);
    await check(port, 'https');
  });
});
