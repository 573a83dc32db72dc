import { once } from 'node:events';
import http2 from 'node:http2';
import { expect } from 'chai';
import { switchboard } from '../../src/express/switchboard';
import { expressVersions } from '../support/express-apps';
import { fetchStream, Http2Site } from '../support/http2-site';

describe('A request of HTTP/2 past the board', () => {
  let site: Http2Site;
  beforeEach(() => {
    site = new Http2Site();
  });
  afterEach(() => site.close());

  for (const [name, express] of expressVersions) {
    it(`is answered in words, and does not end the process: ${name}`, async () => {
      const app = express();
      switchboard(app);
      const server = http2.createServer((request, response) => app(request as never, response as never));
      const session = await site.connect(await site.listen(server));
      const warning = once(process, 'warning');
      const answer = await fetchStream(session, { ':path': '/' });
      expect(answer.status).to.equal(500);
      expect(answer.body).to.match(/^A request of HTTP\/2 came to Express past its board: call attach\(server\)/);
      expect((await warning)[0]).to.include({ code: 'SERVER_NOT_ATTACHED' });
    });

    it(`is none where the wrapped server is attached: ${name}`, async () => {
      const app = express();
      const board = switchboard(app);
      app.get('/', (request, response) => {
        response.send(request.httpVersion);
      });
      const server = http2.createServer((request, response) => app(request as never, response as never));
      board.attach(server);
      const session = await site.connect(await site.listen(server));
      expect(await fetchStream(session, { ':path': '/' })).to.include({ status: 200, body: '2.0' });
    });
  }
});
