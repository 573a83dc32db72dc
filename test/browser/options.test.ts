import { expect } from 'chai';
import { type ChatClientOptions, resolveOptions } from '../../src/browser/options';

describe('browser options', () => {
  it('have defaults', () => {
    expect(resolveOptions({})).to.deep.equal({
      name: undefined,
      WebSocket: undefined,
      maxQueued: 100,
      connectTimeout: 10_000,
      answerTimeout: 10_000,
      probeInterval: 30_000,
      firstRetryDelay: 500,
      maxRetryDelay: 20_000,
    });
  });

  it('are what was given; undefined is as if it was not', () => {
    const given = { name: 'Ann', maxQueued: 0, probeInterval: false } as const;
    expect(resolveOptions(given)).to.include(given);
    expect(resolveOptions({ maxQueued: undefined } as unknown as ChatClientOptions).maxQueued).to.equal(100);
  });

  it('are refused where nobody knows them', () => {
    expect(() => resolveOptions({ retries: 3 } as ChatClientOptions)).to.throw(
      TypeError,
      /^Unknown option 'retries' of ChatClient; known: name, WebSocket, maxQueued, /,
    );
  });

  for (const [name, value] of [
    ['maxQueued', -1],
    ['maxQueued', '100'],
    ['connectTimeout', 0],
    ['answerTimeout', false],
    ['probeInterval', true],
    ['firstRetryDelay', Number.NaN],
    ['maxRetryDelay', Number.POSITIVE_INFINITY],
  ] as const) {
    it(`are refused where ${name} is ${value}`, () => {
      expect(() => resolveOptions({ [name]: value })).to.throw(TypeError, `Option '${name}' must be a number from `);
    });
  }
});
