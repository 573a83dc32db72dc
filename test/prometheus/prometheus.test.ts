import { once } from 'node:events';
import http2 from 'node:http2';
import { expect } from 'chai';
import { Counter, type MetricValue, type OpenMetricsContentType, Registry } from 'prom-client';
import { ChatServer } from '../../src/chat/chat-server';
import { connect } from '../../src/client/connect';
import type { Metrics } from '../../src/diagnostics/metrics';
import { prometheus } from '../../src/prometheus';
import { InvalidOptionError } from '../../src/protocol/errors';
import { readExposition, type ScrapedFamily } from '../support/exposition';
import { ExpressApps, expressVersions, get } from '../support/express-apps';
import { Http2Site, openStream } from '../support/http2-site';

type Families = Map<string, ScrapedFamily>;

/** The value of the one sample with these labels. */
function value(families: Families, name: string, labels: Record<string, string> = {}): number | undefined {
  const { samples } = families.get(name.replace(/_(bucket|sum|count)$/, '')) ?? families.get(name)!;
  const isIt = (own: Record<string, string>) =>
    Object.keys(own).length === Object.keys(labels).length &&
    Object.entries(labels).every(([label, text]) => own[label] === text);
  return samples.find((sample) => sample.name === name && isIt(sample.labels))?.value;
}

for (const [version, express] of expressVersions) {
  describe(`prometheus(), ${version}`, () => {
    let apps: ExpressApps;
    let register: Registry;
    beforeEach(() => {
      apps = new ExpressApps(express);
      register = new Registry();
    });
    afterEach(() => apps.close());

    const scrape = async (): Promise<Families> => readExposition(await register.metrics());

    it('tells what a board has done, as Prometheus asks', async () => {
      const { app, board } = apps.app();
      app.ws('/echo', (socket) => {
        socket.join('lobby');
        socket.on('message', (data) => socket.send(data));
      });
      app.get('/metrics', async (_request, response) => {
        response.set('Content-Type', register.contentType).end(await register.metrics());
      });
      const port = await apps.listen(app);
      prometheus(board, { register });
      const client = await apps.open(port, '/echo');
      const leaver = await apps.open(port, '/echo');
      const [, left] = board.connections;
      client.send('12345');
      await client.next();
      board.hub.to('lobby').publish('hello');
      await Promise.all([client.next(), leaver.next()]);
      await apps.refused(port, '/nowhere');
      leaver.close(4001);
      await left!.closed;
      const { headers, body } = await get(port, '/metrics');
      expect(headers.get('content-type')).to.match(/^text\/plain; version=0\.0\.4/);
      const families = readExposition(body);
      expect(value(families, 'switchboard_connections_open')).to.equal(1);
      expect(value(families, 'switchboard_connections_opened_total')).to.equal(2);
      expect(value(families, 'switchboard_connections_closed_total', { code: '4001' })).to.equal(1);
      expect(value(families, 'switchboard_handshakes_accepted_total')).to.equal(2);
      expect(value(families, 'switchboard_handshakes_refused_total', { error: 'HTTP_404' })).to.equal(1);
      expect(value(families, 'switchboard_handshake_duration_seconds_bucket', { le: '+Inf' })).to.equal(3);
      expect(value(families, 'switchboard_handshake_duration_seconds_count')).to.equal(3);
      expect(value(families, 'switchboard_received_bytes_total')).to.equal(5);
      expect(value(families, 'switchboard_sent_bytes_total')).to.equal(15);
      expect(value(families, 'switchboard_rooms')).to.equal(1);
      expect(value(families, 'switchboard_room_members')).to.equal(1);
      expect(value(families, 'switchboard_room_messages_delivered_total')).to.equal(2);
      expect(value(families, 'switchboard_adapter_status', { status: 'ready' })).to.equal(1);
      expect(value(families, 'switchboard_adapter_status', { status: 'degraded' })).to.equal(0);
    });

    it('counts connections over HTTP/2 among the others', async () => {
      const { app, board } = apps.app();
      app.ws('/echo', () => {});
      const server = http2.createServer();
      board.attach(server);
      const site = new Http2Site();
      try {
        const session = await site.connect(await site.listen(server));
        prometheus(board, { register });
        const stream = openStream(session, '/echo');
        await once(stream, 'response');
        expect(value(await scrape(), 'switchboard_connections_open')).to.equal(1);
      } finally {
        await board.close({ timeout: 1 });
        await site.close();
      }
    });

    it('tells several boards apart by their labels, whose values may be anything', async () => {
      const boards = [apps.app(), apps.app()].map(({ app, board }) => {
        app.ws('/', () => {});
        return { app, board };
      });
      const names = ['quote " backslash \\ line \n end', 'internal'];
      const added = boards.map(({ board }, index) => prometheus(board, { register, labels: { board: names[index]! } }));
      const port = await apps.listen(boards[1]!.app);
      await apps.open(port);
      const both = await scrape();
      expect(value(both, 'switchboard_connections_open', { board: names[0]! })).to.equal(0);
      expect(value(both, 'switchboard_connections_open', { board: 'internal' })).to.equal(1);
      expect(both.get('switchboard_handshake_duration_seconds')!.samples).to.have.length(2 * 16);
      expect(both.get('switchboard_incomplete_bytes')!.samples, 'of the process').to.deep.equal([
        { name: 'switchboard_incomplete_bytes', labels: {}, value: 0 },
      ]);
      added[0]!.stop();
      const one = await scrape();
      expect(one.get('switchboard_connections_open')!.samples).to.have.length(1);
      added[1]!.stop();
      expect(await register.metrics()).to.equal('\n');
    });
  });
}

/** What is counted needs no app: a board is whatever has metrics(). */
function countingBoard(): { reads: number; metrics(): Metrics } {
  const chat = new ChatServer('127.0.0.1', 0);
  return {
    reads: 0,
    metrics() {
      this.reads++;
      return { ...chat.metrics(), at: this.reads };
    },
  };
}

describe('prometheus()', () => {
  let register: Registry;
  beforeEach(() => {
    register = new Registry();
  });

  it('reads a board once for a scrape, and never in between', async () => {
    const board = countingBoard();
    prometheus(board, { register });
    expect(board.reads).to.equal(0);
    await register.metrics();
    expect(board.reads).to.equal(1);
    await register.getMetricsAsJSON();
    expect(board.reads).to.equal(2);
  });

  it('tells of a ChatServer', async () => {
    const server = new ChatServer('127.0.0.1', 0);
    await server.start();
    prometheus(server, { register });
    const client = await connect(`ws://127.0.0.1:${server.address!.port}`);
    const text = await register.metrics();
    client.terminate();
    await server.stop();
    expect(value(readExposition(text), 'switchboard_connections_open')).to.equal(1);
  });

  it('obeys the prefix, the default labels of the registry, and OpenMetrics', async () => {
    prometheus(countingBoard(), { register, prefix: 'chat_' });
    register.setDefaultLabels({ instance: 'one' });
    expect(value(readExposition(await register.metrics()), 'chat_rooms', { instance: 'one' })).to.equal(0);
    const open = new Registry<OpenMetricsContentType>();
    open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    prometheus(countingBoard(), { register: open });
    const lines = (await open.metrics()).split('\n');
    expect(lines).to.include('# TYPE switchboard_messages_received counter');
    expect(lines).to.include('switchboard_messages_received_total 0');
    expect(lines).to.include('switchboard_handshake_duration_seconds_bucket{le="+Inf"} 0');
    expect(lines.slice(-2)).to.deep.equal(['# EOF', '']);
  });

  it('gives what the primary of a cluster adds up', async () => {
    prometheus(countingBoard(), { register });
    const families = (await register.getMetricsAsJSON()) as Array<{
      aggregator: string;
      values: MetricValue<string>[];
    }>;
    expect(families.map(({ aggregator }) => aggregator)).to.satisfy((all: string[]) =>
      all.every((each) => each === 'sum'),
    );
    expect(families[0]!.values).to.deep.equal([{ labels: {}, value: 0 }]);
  });

  it('stays out of the way of other metrics: they are reset, removed and cleared as ever', async () => {
    const other = new Counter({ name: 'other_total', help: 'Of the application.', registers: [register] });
    other.inc();
    const first = prometheus(countingBoard(), { register });
    register.resetMetrics();
    first.stop();
    first.stop();
    expect([...readExposition(await register.metrics()).keys()]).to.deep.equal(['other_total']);
    const second = prometheus(countingBoard(), { register });
    register.clear();
    prometheus(countingBoard(), { register });
    second.stop();
    expect(readExposition(await register.metrics()).size, 'those of the third').to.be.above(20);
  });

  const refused = (message: RegExp, ...parameters: unknown[]): void => {
    expect(() => Reflect.apply(prometheus, undefined, parameters)).to.throw(InvalidOptionError, message);
  };

  it('refuses what cannot be, in words', async () => {
    const board = countingBoard();
    refused(/needs the board of switchboard\(app\), or a ChatServer, not undefined/, undefined, { register });
    refused(/'register' .* import \{ register \} from 'prom-client'; not undefined/, board, {});
    refused(/'register' .* not undefined/, board);
    refused(/Unknown option 'registry' .* Did you mean 'register'\?/, board, { registry: register });
    refused(/'prefix' must be letters/, board, { register, prefix: '1-' });
    for (const name of ['le', 'code', '__name', 'a-b'])
      refused(/'labels' has the name/, board, { register, labels: { [name]: 'x' } });
    refused(/strings; board is 1/, board, { register, labels: { board: 1 } });
    refused(/strings, not an array/, board, { register, labels: [] });
    expect(await register.metrics()).to.equal('\n');
  });

  it('refuses boards that could not be told apart, and names that somebody else has', async () => {
    prometheus(countingBoard(), { register, labels: { board: 'a' } });
    refused(/the metrics of another board, with the labels \{"board":"a"\}/, countingBoard(), { register });
    refused(/another board/, countingBoard(), { register, labels: { board: 'a' } });
    refused(/another board/, countingBoard(), { register, labels: { node: 'b' } });
    prometheus(countingBoard(), { register, labels: { board: 'b' } });
    new Counter({ name: 'app_sent_bytes_total', help: 'Of the application.', registers: [register] });
    refused(/another metric named app_sent_bytes_total: choose another 'prefix'/, countingBoard(), {
      register,
      prefix: 'app_',
    });
    expect(
      [...readExposition(await register.metrics()).keys()].filter((name) => name.startsWith('app_')),
    ).to.have.length(1);
  });
});

describe('readExposition()', () => {
  const help = '# HELP a_total A.\n# TYPE a_total counter\n';
  const histogram = '# HELP h H.\n# TYPE h histogram\n';
  const broken = {
    'a sample without HELP': 'a_total 1\n',
    'HELP twice': `${help}${help}`,
    'no TYPE': '# HELP a_total A.\n',
    'a counter without _total': '# HELP a A.\n# TYPE a counter\n',
    'a sample twice': `${help}a_total 1\na_total 2\n`,
    'a quote that is not escaped': `${help}a_total{b="c"d"} 1\n`,
    'a label twice': `${help}a_total{b="c",b="d"} 1\n`,
    'buckets that fall': `${histogram}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`,
    'no last bucket': `${histogram}h_bucket{le="1"} 2\nh_sum 1\nh_count 2\n`,
    'no end': `${help}a_total 1`,
  };
  for (const [what, text] of Object.entries(broken)) {
    it(`finds ${what}`, () => {
      expect(() => readExposition(text)).to.throw();
    });
  }
});
