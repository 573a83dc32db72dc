import { expect } from 'chai';
import { isRoomPath, readInvitation } from '../../src/chat/invitation';
import { HandshakeError } from '../../src/protocol/errors';

const limits = { maxNameLength: 8 };

describe('the room in a URL', () => {
  const read: [url: string, parameter: unknown, expected: unknown][] = [
    ['/', undefined, null],
    ['/?name=Ann', undefined, null],
    ['/general', undefined, { room: 'general', name: undefined }],
    ['/general/', undefined, { room: 'general', name: undefined }],
    ['/general?name=%20Ann%20', undefined, { room: 'general', name: 'Ann' }],
    ['/general?colour=red', undefined, { room: 'general', name: undefined }],
    ['/caf%C3%A9%20%2F%20bar', undefined, { room: 'café / bar', name: undefined }],
    ['/__proto__', undefined, { room: '__proto__', name: undefined }],
    ['/', 'by parameter', { room: 'by parameter', name: undefined }],
    ['/?name=Ann', 'general', { room: 'general', name: 'Ann' }],
    ['/support/general', 'general', { room: 'general', name: undefined }],
    ['/a/b', undefined, undefined],
    ['//', undefined, undefined],
  ];
  for (const [url, parameter, expected] of read) {
    it(`${url}${parameter === undefined ? '' : ` with the parameter '${parameter}'`}: ${JSON.stringify(expected)}`, () => {
      expect(readInvitation(url, parameter, limits)).to.deep.equal(expected);
    });
  }

  const refused: [url: string, code: string, words: RegExp][] = [
    ['/%E0%A4%A', 'INVALID_ROOM', /percent-encoded UTF-8/],
    ['/%ff', 'INVALID_ROOM', /percent-encoded UTF-8/],
    [`/${'x'.repeat(257)}`, 'INVALID_ROOM', /at most 256 characters; this one has 257/],
    ['/a%00b', 'INVALID_ROOM', /control characters/],
    ['/a?name=', 'INVALID_NAME', /must not be empty/],
    ['/a?name=123456789', 'INVALID_NAME', /at most 8 characters/],
    ['/a?name=%0a.%0a.', 'INVALID_NAME', /control characters/],
  ];
  for (const [url, code, words] of refused) {
    it(`${url.slice(0, 20)}: 400`, () => {
      expect(() => readInvitation(url, undefined, limits))
        .to.throw(HandshakeError, words)
        .that.includes({ status: 400, code });
    });
  }

  it('is looked for in paths of one part', () => {
    expect(['/', '/?x', '/a', '/a/', '/%ff', '/a?b/c'].map(isRoomPath)).to.not.include(false);
    expect(['/a/b', '//', '/a/b?c'].map(isRoomPath)).to.not.include(true);
  });
});
