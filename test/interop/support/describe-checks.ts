import { expect } from 'chai';
import { type BrowserSocketClass, type Checks, runChecks } from './checks';

/** Makes each check a test. `site` is asked when they run: only then is the server there. */
export function describeChecks(title: string, checks: Checks, site: () => { WebSocket: unknown; url: string }): void {
  describe(title, function () {
    // More than a check gives itself.
    this.timeout(20_000);
    for (const [name, check] of Object.entries(checks)) {
      it(name, async () => {
        const { WebSocket, url } = site();
        const results = await runChecks({ WebSocket: WebSocket as BrowserSocketClass, url }, { [name]: check });
        expect(results).to.deep.equal([{ name, failure: null }]);
      });
    }
  });
}
