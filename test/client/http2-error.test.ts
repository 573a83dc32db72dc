import { expect } from 'chai';
import { noExtendedConnect, noHttp2, resetError, sessionError, wantsHttp1 } from '../../src/client/http2-error';

const nodeError = (code: string, message: string) => Object.assign(new Error(message), { code });

describe('http2-error', () => {
  describe('sessionError', () => {
    const table: Array<[error: Error | undefined, code: string, words: string]> = [
      [undefined, 'ECONNRESET', 'it closed the connection without an answer'],
      [
        nodeError('ERR_HTTP2_SESSION_ERROR', 'Session closed with error code 11'),
        'SESSION_CLOSED',
        'it ended the HTTP/2 session (GOAWAY ENHANCE_YOUR_CALM)',
      ],
      [
        nodeError('ERR_HTTP2_SESSION_ERROR', 'Session closed with error code 99'),
        'SESSION_CLOSED',
        'it ended the HTTP/2 session (GOAWAY 99)',
      ],
      [
        nodeError('ERR_HTTP2_GOAWAY_SESSION', 'New streams cannot be created after receiving a GOAWAY'),
        'SESSION_CLOSED',
        'its HTTP/2 session is closed, and takes no more requests',
      ],
      [
        nodeError('ERR_HTTP2_ERROR', 'Protocol error'),
        'NO_HTTP2',
        "what it answered is not HTTP/2 (Protocol error); without option 'http2' it is HTTP/1.1",
      ],
      [nodeError('ETIMEDOUT', 'read ETIMEDOUT'), 'ETIMEDOUT', 'read ETIMEDOUT'],
    ];
    for (const [cause, code, words] of table) {
      it(`says: ${words}`, () => {
        const error = sessionError(cause, 'wss://a');
        expect(error).to.include({ code, message: `Could not connect to wss://a: ${words}` });
        expect(error.cause).to.equal(cause);
      });
    }
  });

  it('names what a stream was reset with', () => {
    const cause = nodeError('ERR_HTTP2_STREAM_ERROR', 'Stream closed with error code NGHTTP2_REFUSED_STREAM');
    expect(resetError(cause, 7, 'wss://a')).to.include({
      code: 'STREAM_RESET',
      cause,
      message: 'Could not connect to wss://a: the HTTP/2 stream was reset (RST_STREAM REFUSED_STREAM)',
    });
    expect(resetError(undefined, 77, 'wss://a').message).to.match(/\(RST_STREAM 77\)$/);
  });

  it('knows where HTTP/1.1 is the way out', () => {
    expect([noExtendedConnect('a'), resetError(undefined, 13, 'a')].map(wantsHttp1)).to.deep.equal([true, true]);
    expect([noHttp2('a'), resetError(undefined, 8, 'a'), new Error('no')].map(wantsHttp1)).to.deep.equal([
      false,
      false,
      false,
    ]);
  });
});
