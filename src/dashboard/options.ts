import { checkBoolean, refuseUnknownOptions } from '../protocol/options';

/** How a dashboard is shown, and to whom. */
export interface DashboardOptions {
  /**
   * Shows the dashboard to whoever the middleware before it lets through, from any address and under any host name. Without
   * middleware that asks who it is, that is everybody who can reach the server.
   * @default false: requests of this machine only, addressed to `localhost` or a loopback address
   */
  dangerouslyAllowRemote?: boolean;
}

/** @throws InvalidOptionError for an option that is unknown or wrong */
export function resolveDashboardOptions(given: DashboardOptions): Required<DashboardOptions> {
  refuseUnknownOptions('dashboard()', given, ['dangerouslyAllowRemote']);
  const { dangerouslyAllowRemote = false } = given;
  checkBoolean('dangerouslyAllowRemote', dangerouslyAllowRemote);
  return { dangerouslyAllowRemote };
}
