import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { HandshakeError, InvalidOptionError } from '../../src/protocol/errors';
import {
  anyOrigin,
  checkOrigin,
  compileOriginPolicy,
  isSameOrigin,
  type Reached,
  reachedDirectly,
} from '../../src/server/origin';

const plain: Reached = { host: 'app.example', secure: false };

function requestFrom(origin: string | undefined, host = 'app.example'): IncomingMessage {
  const headers: Record<string, string> = { host };
  if (origin !== undefined) headers.origin = origin;
  return { headers, socket: {} } as unknown as IncomingMessage;
}

function lets(option: Parameters<typeof compileOriginPolicy>[0], origin: string, reached = plain): unknown {
  return compileOriginPolicy(option)(origin, requestFrom(origin), reached);
}

describe('isSameOrigin', () => {
  const cases: Array<[origin: string, host: string | undefined, secure: boolean, same: boolean]> = [
    ['http://app.example', 'app.example', false, true],
    ['https://app.example', 'app.example', false, true],
    ['https://app.example', 'app.example', true, true],
    ['http://app.example', 'app.example', true, false],
    ['http://app.example:8080', 'app.example:8080', false, true],
    ['http://app.example:8080', 'app.example', false, false],
    ['http://app.example:8080', 'app.example:8081', false, false],
    ['http://app.example', 'app.example:80', false, true],
    ['https://app.example', 'app.example:443', false, true],
    ['https://app.example', 'app.example:80', false, false],
    ['http://APP.example', 'app.EXAMPLE', false, true],
    ['http://[::1]:3000', '[::1]:3000', false, true],
    ['http://evil.example', 'app.example', false, false],
    ['http://app.example.evil.example', 'app.example', false, false],
    ['http://evil.example/app.example', 'app.example', false, false],
    ['http://app.example@evil.example', 'app.example', false, false],
    ['http://evil.example', 'evil.example@app.example', false, false],
    ['http://app.example', 'user@app.example', false, false],
    ['http://app.example/', 'app.example', false, false],
    ['http://app.example', undefined, false, false],
    ['http://app.example', '', false, false],
    ['null', 'app.example', false, false],
    ['null', 'null', false, false],
    ['', 'app.example', false, false],
    ['app.example', 'app.example', false, false],
    ['http://app.example, http://app.example', 'app.example', false, false],
    ['file://', 'app.example', false, false],
  ];
  for (const [origin, host, secure, same] of cases) {
    it(`says ${same} for a page of '${origin}' at Host '${host}'${secure ? ', encrypted' : ''}`, () => {
      expect(isSameOrigin(origin, { host, secure })).to.equal(same);
    });
  }
});

describe('compileOriginPolicy', () => {
  it('lets in the own origin only, by default', () => {
    expect(lets(undefined, 'http://app.example')).to.equal(true);
    expect(lets(undefined, 'http://evil.example')).to.equal(false);
  });

  it('lets in every origin when told so loudly', () => {
    expect(anyOrigin('http://evil.example', {} as never, { host: 'x', secure: true })).to.equal(true);
  });

  it('adds listed origins to the own one', () => {
    const list = ['https://www.example', 'http://localhost:3000'];
    for (const origin of [...list, 'http://app.example', 'https://www.example:443']) {
      expect(lets(list, origin), origin).to.equal(true);
    }
    for (const origin of ['http://www.example', 'http://localhost:3001', 'https://www.example.evil', 'null', '']) {
      expect(lets(list, origin), origin).to.equal(false);
    }
  });

  it('matches every host below a wildcard, and not the host itself', () => {
    const list = ['https://*.example.org'];
    for (const origin of ['https://a.example.org', 'https://a.b.example.org']) {
      expect(lets(list, origin), origin).to.equal(true);
    }
    for (const origin of [
      'https://example.org',
      'http://a.example.org',
      'https://aexample.org',
      'https://a.example.org:8443',
    ]) {
      expect(lets(list, origin), origin).to.equal(false);
    }
  });

  it('matches every port with a wildcard', () => {
    for (const origin of ['http://localhost', 'http://localhost:1', 'http://localhost:65535']) {
      expect(lets(['http://localhost:*'], origin), origin).to.equal(true);
    }
    expect(lets(['http://localhost:*'], 'https://localhost:3000')).to.equal(false);
    expect(lets(['http://*.example.org:*'], 'http://a.example.org:81')).to.equal(true);
  });

  it('matches regular expressions', () => {
    expect(lets([/^https:\/\/pr-\d+\.example$/], 'https://pr-12.example')).to.equal(true);
    expect(lets([/^https:\/\/pr-\d+\.example$/], 'https://pr-x.example')).to.equal(false);
  });

  it("lets in the origin 'null' only by name", () => {
    expect(lets(['null'], 'null')).to.equal(true);
  });

  it('asks a function, which decides alone', () => {
    const asked: unknown[] = [];
    const option = (origin: string, request: IncomingMessage) => {
      asked.push(origin, request.headers.host);
      return origin === 'http://friend.example';
    };
    expect(lets(option, 'http://friend.example')).to.equal(true);
    expect(lets(option, 'http://app.example')).to.equal(false);
    expect(asked).to.deep.equal(['http://friend.example', 'app.example', 'http://app.example', 'app.example']);
  });

  const malformed: unknown[] = [
    'app.example',
    'https://app.example/',
    'https://app.example/path',
    'https://*',
    'https://a.*.example',
    'https://*.a.*.example',
    'https://app.example:*:80',
    'https://*app.example',
    '',
    42,
    null,
  ];
  for (const entry of malformed) {
    it(`refuses ${JSON.stringify(entry)} in the list, and shows how an origin is written`, () => {
      expect(() => compileOriginPolicy([entry as string])).to.throw(
        InvalidOptionError,
        "written 'https://app.example'",
      );
    });
  }

  it('says so where it is the slash at the end', () => {
    for (const entry of ['http://localhost:5173/', 'https://*.example/']) {
      expect(() => compileOriginPolicy([entry])).to.throw(
        InvalidOptionError,
        `${entry}": leave out the slash at the end`,
      );
    }
    expect(() => compileOriginPolicy(['https://app.example/path'])).to.throw(/path": an origin is written/);
  });

  it("refuses '*', and names the option that means it", () => {
    expect(() => compileOriginPolicy(['*'])).to.throw(InvalidOptionError, 'dangerouslyAllowAnyOrigin');
  });

  it('refuses regular expressions that remember where they stopped', () => {
    expect(() => compileOriginPolicy([/x/g])).to.throw(InvalidOptionError, 'flag g');
    expect(() => compileOriginPolicy([/x/y])).to.throw(InvalidOptionError, 'flag g or y');
  });

  it('takes one origin for a list of it', () => {
    expect(
      compileOriginPolicy('https://app.example')('https://app.example', {} as never, { host: 'x', secure: true }),
    ).to.equal(true);
    expect(() => compileOriginPolicy('*')).to.throw(InvalidOptionError, 'dangerouslyAllowAnyOrigin');
    expect(() => compileOriginPolicy('any')).to.throw(InvalidOptionError);
  });

  it('refuses anything but an origin, a list or a function', () => {
    expect(() => compileOriginPolicy(7 as never)).to.throw(InvalidOptionError, 'must be an origin, a list of them');
  });
});

describe('checkOrigin', () => {
  const same = compileOriginPolicy(undefined);

  it('lets a request without Origin pass: it comes from no page', () => {
    expect(checkOrigin(same, requestFrom(undefined))).to.equal(undefined);
  });

  it('refuses a foreign origin with 403, in words', () => {
    expect(() => checkOrigin(same, requestFrom('http://evil.example')))
      .to.throw(HandshakeError, 'http://evil.example')
      .that.includes({ status: 403, code: 'FOREIGN_ORIGIN' });
  });

  it('shortens an endless origin in its message', () => {
    expect(() => checkOrigin(same, requestFrom('x'.repeat(10_000))))
      .to.throw(HandshakeError)
      .with.property('message')
      .with.length.below(200);
  });

  it('waits for an asynchronous decision', async () => {
    const policy = compileOriginPolicy(async (origin) => origin === 'http://friend.example');
    await checkOrigin(policy, requestFrom('http://friend.example'));
    const refused = await Promise.resolve(checkOrigin(policy, requestFrom('http://evil.example'))).catch((e) => e);
    expect(refused).to.be.instanceOf(HandshakeError).and.include({ status: 403 });
  });

  it('takes nothing but true for a yes', async () => {
    expect(() => checkOrigin((() => 1) as never, requestFrom('http://a.example'))).to.throw(HandshakeError);
    const refused = await Promise.resolve(
      checkOrigin((async () => 'yes') as never, requestFrom('http://a.example')),
    ).catch((e) => e);
    expect(refused).to.be.instanceOf(HandshakeError);
  });

  it('reads Origin from the headers themselves, not from what they inherit', () => {
    const request = requestFrom(undefined);
    request.headers = Object.assign(Object.create({ origin: 'http://evil.example' }), { host: 'app.example' });
    expect(checkOrigin(same, request)).to.equal(undefined);
  });
});

describe('reachedDirectly', () => {
  it('takes the host from the request and the encryption from its socket', () => {
    const request = requestFrom('http://a.example', 'a.example:81');
    expect(reachedDirectly(request)).to.deep.equal({ host: 'a.example:81', secure: false });
    Object.assign(request.socket, { encrypted: true });
    expect(reachedDirectly(request).secure).to.equal(true);
  });
});
