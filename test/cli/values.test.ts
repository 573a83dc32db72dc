import { expect } from 'chai';
import { textOrPattern } from '../../src/cli/goal-options';
import { byteSize, duration, durationOrZero, port, positive, typedDuration, webSocketUrl } from '../../src/cli/values';

describe('values of options', () => {
  it('reads durations, in seconds without a unit', () => {
    expect(['500ms', '2.5s', '5m', '1h', '3'].map(duration)).to.deep.equal([500, 2500, 300_000, 3_600_000, 3000]);
    for (const wrong of ['', '0', '-1', '1d', 's', '1e3', '25h', '1.2345s'])
      expect(() => duration(wrong), wrong).to.throw('It must be a duration from 1ms to 24h');
    expect(['0', '0s', '0.5'].map(durationOrZero)).to.deep.equal([0, 0, 500]);
    expect(() => durationOrZero('never')).to.throw('It must be a duration from 0 to 24h');
  });

  it('shows durations as they are typed', () => {
    for (const text of ['1ms', '999ms', '1s', '2.5s', '90s', '2m', '20h'])
      expect(typedDuration(duration(text))).to.equal(text);
  });

  it('reads sizes', () => {
    expect(['1', '64k', '1m', '16MiB', '1kb'].map(byteSize)).to.deep.equal([1, 65_536, 1_048_576, 16_777_216, 1024]);
    for (const wrong of ['', '0', '-1', '2g', '1.5k', 'k'])
      expect(() => byteSize(wrong), wrong).to.throw('It must be a number of bytes');
  });

  it('reads counts and ports', () => {
    expect(positive('12')).to.equal(12);
    for (const wrong of ['0', '-1', '1.5', 'x', '']) expect(() => positive(wrong), wrong).to.throw('whole number');
    expect([port('0'), port('65535')]).to.deep.equal([0, 65_535]);
    for (const wrong of ['65536', '-1', 'http', '']) expect(() => port(wrong), wrong).to.throw('It must be a port');
  });

  it('completes URLs', () => {
    expect(['localhost:8765/x', ':8765', 'example.org', 'wss://a/b', 'ws+unix:///s:/'].map(webSocketUrl)).to.deep.equal(
      ['ws://localhost:8765/x', 'ws://localhost:8765', 'ws://example.org', 'wss://a/b', 'ws+unix:///s:/'],
    );
  });

  it('refuses a URL that lacks a slash', () => {
    expect(() => webSocketUrl('ws:/localhost:3000/a')).to.throw('The URL lacks a slash: ws://localhost:3000/a');
    expect(() => webSocketUrl('https:/localhost')).to.throw('https://localhost');
    expect(webSocketUrl('ws:3000')).to.equal('ws://ws:3000');
  });

  it('tells a regular expression from a text', () => {
    expect(textOrPattern('/a\\/b/i')).to.deep.equal(/a\/b/i);
    expect(textOrPattern('/path')).to.equal('/path');
    expect(() => textOrPattern('/(/')).to.throw('Invalid regular expression');
  });
});
