import { expect } from 'chai';
import { OptionsOfRoute } from '../../src/express/route-options';
import type { Switchboard } from '../../src/express/switchboard';
import { InvalidOptionError } from '../../src/protocol/errors';
import { resolveServerOptions } from '../../src/server/options';

const boardWith = (options: object) => ({ options: resolveServerOptions('test', options) }) as Switchboard;

describe('OptionsOfRoute', () => {
  it('are those of the board where the route has none', () => {
    const board = boardWith({ maxMessageSize: 7 });
    expect(new OptionsOfRoute('test', undefined).on(board)).to.equal(board.options);
  });

  it('stand on those of each board, and are worked out once', () => {
    const route = new OptionsOfRoute('test', { maxMessageSize: 5 });
    const one = boardWith({ maxFragments: 1 });
    const two = boardWith({ maxFragments: 2 });
    expect(route.on(one).connection).to.include({ maxMessageSize: 5, maxFragments: 1 });
    expect(route.on(one)).to.equal(route.on(one));
    expect(route.on(two).connection).to.include({ maxMessageSize: 5, maxFragments: 2 });
  });

  it('are refused at once when they are wrong by themselves, and on a board when they are wrong there', () => {
    expect(() => new OptionsOfRoute('test', { maxMessageSize: 0 })).to.throw(InvalidOptionError);
    const route = new OptionsOfRoute('test', { highWaterMark: 100_000 });
    expect(() => route.on(boardWith({ maxBufferedAmount: 70_000 }))).to.throw(InvalidOptionError, 'highWaterMark');
  });
});
