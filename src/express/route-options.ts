import { type ResolvedServerOptions, resolveServerOptions, resolveUpgradeOptions } from '../server/options';
import type { Switchboard } from './switchboard';
import type { RouteOptions } from './types';

const unset = resolveServerOptions('switchboard()');

/** The options of one route. They stand on those of the board, which a router's route does not know before a request. */
export class OptionsOfRoute {
  private board: Switchboard | undefined;
  private resolved: ResolvedServerOptions = unset;

  /** @throws InvalidOptionError at once for what is wrong on every board */
  constructor(
    private readonly where: string,
    private readonly given: RouteOptions | undefined,
  ) {
    if (given !== undefined) resolveUpgradeOptions(where, given, unset);
  }

  /** @throws InvalidOptionError for what is wrong together with the board's own options */
  on(board: Switchboard): ResolvedServerOptions {
    if (this.given === undefined) return board.options;
    if (this.board !== board) {
      this.resolved = resolveUpgradeOptions(this.where, this.given, board.options);
      this.board = board;
    }
    return this.resolved;
  }
}
