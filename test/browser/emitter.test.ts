import { expect } from 'chai';
import { Emitter } from '../../src/browser/emitter';
import { replace } from './support/fake-time';

class Speaker extends Emitter<{ word: [word: string, count: number]; end: [] }> {
  constructor() {
    super(['word', 'end']);
  }

  say(word: string, count = 1): void {
    this.emit('word', word, count);
  }
}

describe('browser emitter', () => {
  it('calls the listeners of an event with its parameters, in the order in which they came', () => {
    const speaker = new Speaker();
    const heard: unknown[] = [];
    speaker.on('word', (word, count) => heard.push(['first', word, count]));
    speaker.on('word', (word) => heard.push(['second', word]));
    speaker.on('end', () => heard.push('end'));
    speaker.say('hello', 2);
    expect(heard).to.deep.equal([
      ['first', 'hello', 2],
      ['second', 'hello'],
    ]);
  });

  it('calls a listener no more that was taken away, by off() or by what on() returned', () => {
    const speaker = new Speaker();
    const heard: string[] = [];
    const listener = (word: string) => heard.push(word);
    const stop = speaker.on('word', listener);
    speaker.say('one');
    stop();
    speaker.say('two');
    speaker.on('word', listener);
    speaker.off('word', listener);
    speaker.off('end', () => {});
    speaker.say('three');
    expect(heard).to.deep.equal(['one']);
  });

  it('refuses a listener to an event that nobody knows', () => {
    const speaker = new Speaker();
    expect(() => speaker.on('words' as 'word', () => {})).to.throw(
      TypeError,
      "Unknown event 'words'; known: word, end",
    );
  });

  it('calls those that were there when the event began, whatever they do', () => {
    const speaker = new Speaker();
    const heard: string[] = [];
    const second = () => heard.push('second');
    speaker.on('word', () => {
      speaker.off('word', second);
      speaker.on('word', () => heard.push('third'));
    });
    speaker.on('word', second);
    speaker.say('hello');
    expect(heard).to.deep.equal(['second']);
  });

  for (const [where, target, name] of [
    ['reportError(), as a page does', globalThis, 'reportError'],
    ['the console, where there is no reportError()', console, 'error'],
  ] as const) {
    it(`reports what a listener throws to ${where}, and calls the others`, () => {
      const speaker = new Speaker();
      const reported: unknown[] = [];
      const heard: string[] = [];
      const problem = new Error('in a listener');
      const restores = [
        replace(globalThis, 'reportError', undefined),
        replace(target, name, (error: unknown) => reported.push(error)),
      ];
      speaker.on('word', () => {
        throw problem;
      });
      speaker.on('word', (word) => heard.push(word));
      try {
        speaker.say('hello');
      } finally {
        for (const restore of restores.reverse()) restore();
      }
      expect(reported).to.deep.equal([problem]);
      expect(heard).to.deep.equal(['hello']);
    });
  }
});
