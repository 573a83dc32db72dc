import { expect } from 'chai';
import express from 'express';
import { boardOf, boardOfRequest, registerBoard } from '../../src/express/boards';
import type { ExpressRequest } from '../../src/express/express-internals';
import type { Switchboard } from '../../src/express/switchboard';
import { InvalidStateError } from '../../src/protocol/errors';

const board = { name: 'a board' } as unknown as Switchboard;

describe('boards', () => {
  it('are found by their app', () => {
    const app = express();
    expect(boardOf(app)).to.equal(undefined);
    registerBoard(app, board);
    expect(boardOf(app)).to.equal(board);
  });

  it('are found from a request in an app that is mounted in theirs, however deep', () => {
    const [outer, middle, inner] = [express(), express(), express()];
    outer.use(middle);
    middle.use(inner);
    registerBoard(outer, board);
    expect(boardOfRequest({ app: inner } as unknown as ExpressRequest)).to.equal(board);
  });

  it('are missed in words', () => {
    expect(() => boardOfRequest({ app: express() } as unknown as ExpressRequest))
      .to.throw(InvalidStateError, 'need switchboard(app)')
      .with.property('code', 'NO_SWITCHBOARD');
  });
});
