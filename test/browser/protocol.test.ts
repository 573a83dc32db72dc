import { expect } from 'chai';
import { newKey, probe } from '../../src/browser/protocol';
import { parseRequest, Refusal } from '../../src/chat/requests';
import { replace } from './support/fake-time';

const limits = { maxTextLength: 100, maxNameLength: 100 };

describe('browser protocol', () => {
  it('has keys that the server takes, each another', () => {
    const keys = new Set(Array.from({ length: 1_000 }, newKey));
    expect(keys.size).to.equal(1_000);
    for (const key of keys) {
      const request = parseRequest(JSON.stringify({ type: 'message', room: 'general', text: 'hello', key }), limits);
      expect(request).to.include({ type: 'message', key });
    }
  });

  it('has keys on pages without TLS, where there is no randomUUID()', () => {
    const getRandomValues = (bytes: Uint8Array) => bytes.fill(10);
    const restore = replace(globalThis, 'crypto', { getRandomValues });
    try {
      expect(newKey()).to.equal('0a'.repeat(16));
    } finally {
      restore();
    }
  });

  it('has a probe that the server answers', () => {
    const answer = parseRequest(probe, limits);
    if (answer instanceof Refusal) expect(answer).to.deep.include({ code: 'unknown-type', request: { type: 'ping' } });
    else expect(answer.type).to.equal('ping');
  });
});
