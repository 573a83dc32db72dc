import { expect } from 'chai';
import { substitute, webSocketClass, webSocketUrl } from '../../src/browser/web-socket';
import { FakeSocket } from './support/fake-socket';
import { replace } from './support/fake-time';

describe('browser web-socket', () => {
  for (const [given, url] of [
    ['wss://example.org/support', 'wss://example.org/support'],
    ['https://example.org/support?token=1', 'wss://example.org/support?token=1'],
    ['http://localhost:8765', 'ws://localhost:8765/'],
    ['ws://example.org/support#part', 'ws://example.org/support'],
  ] as const) {
    it(`makes ${url} of ${given}`, () => {
      expect(webSocketUrl(given)).to.equal(url);
      expect(webSocketUrl(new URL(given))).to.equal(url);
    });
  }

  it('takes a relative URL for one of the page', () => {
    const restore = replace(globalThis, 'location', { href: 'https://example.org/pages/chat.html#top' });
    try {
      expect(webSocketUrl('/support')).to.equal('wss://example.org/support');
      expect(webSocketUrl('support')).to.equal('wss://example.org/pages/support');
    } finally {
      restore();
    }
  });

  it('refuses a relative URL where there is no page, and what is no URL', () => {
    for (const url of ['/support', 'ws://', 'ftp://example.org/', 'localhost:8765/support', '']) {
      expect(() => webSocketUrl(url)).to.throw(
        TypeError,
        `The URL must be absolute outside a page, as ws://host/support (or wss, http, https), not '${url}'`,
      );
    }
  });

  it('refuses no URL at all, in a page too, and one relative to a file', () => {
    const restore = replace(globalThis, 'location', { href: 'file:///pages/chat.html' });
    try {
      expect(() => webSocketUrl(undefined as unknown as string)).to.throw(TypeError, /not 'undefined'$/);
      expect(() => webSocketUrl('/support')).to.throw(TypeError, /^The URL must be absolute/);
    } finally {
      restore();
    }
  });

  it('takes the class that was given, then the global one, then the one for Node', () => {
    const [own, ofNode] = [class extends FakeSocket {}, class extends FakeSocket {}];
    const restores = [replace(globalThis, 'WebSocket', FakeSocket), replace(substitute, 'WebSocket', ofNode)];
    try {
      expect(webSocketClass(own)).to.equal(own);
      expect(webSocketClass(undefined)).to.equal(FakeSocket);
      restores.push(replace(globalThis, 'WebSocket', undefined));
      expect(webSocketClass(undefined)).to.equal(ofNode);
      restores.push(replace(substitute, 'WebSocket', undefined));
      expect(() => webSocketClass(undefined)).to.throw(TypeError, /give one with the option WebSocket/);
    } finally {
      for (const restore of restores.reverse()) restore();
    }
  });
});
