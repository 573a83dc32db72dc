import http from 'node:http';
import { expect } from 'chai';
import type { RequestHandler } from 'express';
import { describeOverHttp } from '../../support/http-site';

/** What an app sees of a request. */
const tell: RequestHandler = (req, res) => {
  res.json({
    method: req.method,
    url: req.originalUrl,
    path: req.path,
    params: req.params,
    query: req.query,
    headers: req.headers,
  });
};

describeOverHttp('what an app sees of a request', (site) => {
  const seen = async (...args: Parameters<typeof site.get>) => JSON.parse((await site.get(...args)).text);

  it('path, parameters and query, as they were escaped', async () => {
    site.app.get('/files/:folder/:name', tell);
    const url = '/files/caf%C3%A9/a%20b%2Fc?a=1&a=2&text=x%20%26+y&empty=';
    expect(await seen(url)).to.deep.include({
      url,
      path: '/files/caf%C3%A9/a%20b%2Fc',
      params: { folder: 'café', name: 'a b/c' },
      query: { a: ['1', '2'], text: 'x & y', empty: '' },
    });
  });

  it('characters that have a meaning elsewhere', async () => {
    site.app.use(tell);
    for (const url of ['/a//b/./c/../d', '/?', '/?a=?b', "/!$&'()*+,;=:@-._~", '/%00%0d%0a', `/${'x'.repeat(8_000)}`]) {
      expect(await seen(url)).to.have.property('url', url);
    }
  });

  it('answers 400 to a parameter that is escaped wrongly', async () => {
    site.app.get('/:name', tell);
    expect((await site.get('/%zz')).status).to.equal(400);
  });

  it('the base of a mounted router', async () => {
    const router = site.express.Router({ mergeParams: true });
    router.get('/items/:item', (req, res) => {
      res.json([req.baseUrl, req.url, req.originalUrl, req.params]);
    });
    site.app.use('/shops/:shop', router);
    expect(await seen('/shops/7/items/9?x=1')).to.deep.equal([
      '/shops/7',
      '/items/9?x=1',
      '/shops/7/items/9?x=1',
      { shop: '7', item: '9' },
    ]);
  });

  it('every method that Node knows', async () => {
    site.app.use((req, res) => {
      res.set('x-method', req.method).send('');
    });
    // CONNECT is no request to an app.
    for (const method of http.METHODS.filter((method) => method !== 'CONNECT')) {
      const { status, headers } = await site.ask({ method });
      expect([status, headers['x-method']]).to.deep.equal([200, method]);
    }
  });

  it('OPTIONS of a path, answered by Express', async () => {
    site.app.get('/page', tell);
    site.app.post('/page', tell);
    const { status, headers } = await site.ask({ method: 'OPTIONS', path: '/page' });
    expect([status, headers.allow]).to.deep.equal([
      200,
      site.expressVersion === 'Express 4' ? 'GET,HEAD,POST' : 'GET, HEAD, POST',
    ]);
  });

  it('OPTIONS *', async () => {
    site.app.use((req, res) => {
      res.set('x-url', req.url).sendStatus(204);
    });
    const { status, headers } = await site.ask({ method: 'OPTIONS', path: '*' });
    expect([status, headers['x-url']]).to.deep.equal([204, '*']);
  });

  it('version, protocol, address and host', async () => {
    site.app.get('/', (req, res) => {
      const { httpVersion, httpVersionMajor, httpVersionMinor, protocol, secure, ip, ips, hostname, subdomains } = req;
      res.json({ httpVersion, httpVersionMajor, httpVersionMinor, protocol, secure, ip, ips, hostname, subdomains });
    });
    const major = site.row.version === '1.1' ? 1 : 2;
    expect(await seen('/', { host: 'a.shop.example:8443' })).to.deep.equal({
      httpVersion: site.row.version,
      httpVersionMajor: major,
      httpVersionMinor: major === 1 ? 1 : 0,
      protocol: site.row.secure ? 'https' : 'http',
      secure: site.row.secure,
      ip: '127.0.0.1',
      ips: [],
      hostname: 'a.shop.example',
      subdomains: ['a'],
    });
  });

  it('the host that was asked, when the client says nothing else', async () => {
    site.app.use(tell);
    expect((await seen('/')).headers.host).to.equal(`127.0.0.1:${site.port}`);
  });

  it('the addresses of both ends', async () => {
    site.app.get('/', ({ socket }, res) => {
      const { remoteAddress, remotePort, remoteFamily, localAddress, localPort } = socket;
      res.json({ remoteAddress, remotePort, remoteFamily, localAddress, localPort });
    });
    const addresses = await seen('/');
    expect(addresses.remotePort).to.be.a('number').that.is.above(1_023);
    expect(addresses).to.deep.include({
      remoteAddress: '127.0.0.1',
      remoteFamily: 'IPv4',
      localAddress: '127.0.0.1',
      localPort: site.port,
    });
  });

  describe('trust proxy', () => {
    const forwarded = {
      'x-forwarded-for': '203.0.113.7, 198.51.100.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'public.example',
    };
    const reached: RequestHandler = (req, res) => {
      res.json([req.ip, req.ips, req.protocol, req.secure, req.hostname]);
    };

    it('believes the proxies that are trusted', async () => {
      site.app.set('trust proxy', ['loopback', '198.51.100.9']);
      site.app.get('/', reached);
      const expected = ['203.0.113.7', ['203.0.113.7', '198.51.100.9'], 'https', true, 'public.example'];
      expect(await seen('/', forwarded)).to.deep.equal(expected);
    });

    it('believes nobody otherwise', async () => {
      site.app.get('/', reached);
      const { secure } = site.row;
      const expected = ['127.0.0.1', [], secure ? 'https' : 'http', secure, 'real.example'];
      expect(await seen('/', { ...forwarded, host: 'real.example' })).to.deep.equal(expected);
    });
  });

  describe('headers', () => {
    beforeEach(() => {
      site.app.use(tell);
    });

    it('cookies are one header, however many fields the client made of them', async () => {
      const { headers } = await seen('/', { cookie: ['a=1', 'b=2; c=3', 'd=4'] });
      expect(headers.cookie).to.equal('a=1; b=2; c=3; d=4');
    });

    it('repeated ones are joined', async () => {
      const { headers } = await seen('/', {
        'x-many': ['one', 'two, three', 'four'],
        accept: ['text/html', 'text/plain'],
      });
      expect(headers).to.include({ 'x-many': 'one, two, three, four', accept: 'text/html, text/plain' });
    });

    it('empty ones, spaces around, and characters of latin1', async () => {
      const { headers } = await seen('/', { 'x-empty': '', 'x-latin': 'Zo\xeb', 'x-inside': 'a  \t b' });
      expect(headers).to.include({ 'x-empty': '', 'x-latin': 'Zo\xeb', 'x-inside': 'a  \t b' });
    });

    it('a hundred of them', async () => {
      const many = Object.fromEntries(
        Array.from({ length: 100 }, (_, index) => [`x-header-${index}`, `value ${index}`]),
      );
      expect((await seen('/', many)).headers).to.include(many);
    });

    it('one of 12,000 bytes', async () => {
      const long = 'x'.repeat(12_000);
      expect((await seen('/', { 'x-long': long })).headers['x-long']).to.equal(long);
    });

    it('no pseudo-header, and nothing that the connection is about', async () => {
      const { headers } = await seen('/');
      expect(Object.keys(headers).filter((name) => name.startsWith(':'))).to.deep.equal([]);
      const ofTheConnection = { '1.1': 'keep-alive', '2.0': undefined };
      expect(headers.connection).to.equal(ofTheConnection[site.row.version]);
    });
  });

  it('negotiation: req.accepts, req.is, req.get, req.xhr', async () => {
    site.app.post('/', (req, res) => {
      res.json([
        req.accepts(['html', 'json']),
        req.is('json'),
        req.get('X-Thing'),
        req.xhr,
        req.acceptsEncodings('br', 'gzip'),
      ]);
    });
    const { text } = await site.ask({
      method: 'POST',
      body: '{}',
      headers: {
        accept: 'text/html;q=0.5, application/json',
        'content-type': 'application/json',
        'x-thing': 'thing',
        'x-requested-with': 'XMLHttpRequest',
        'accept-encoding': 'gzip',
      },
    });
    expect(JSON.parse(text)).to.deep.equal(['json', 'json', 'thing', true, 'gzip']);
  });

  for (const body of ['a body', '']) {
    it(`trailers behind ${body === '' ? 'no body' : 'a body'}, when that has been read`, async () => {
      site.app.post('/', async (req, res) => {
        let read = '';
        for await (const chunk of req) read += chunk;
        res.json({ read, trailers: req.trailers, inHead: 'x-checksum' in req.headers });
      });
      const headers = { trailer: 'x-checksum' };
      const { text } = await site.ask({ method: 'POST', body, headers, trailers: { 'x-checksum': 'abc' } });
      expect(JSON.parse(text)).to.deep.equal({ read: body, trailers: { 'x-checksum': 'abc' }, inHead: false });
    });
  }
});
