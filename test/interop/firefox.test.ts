import { describeBrowser } from './support/browser';

/** What keeps Firefox from talking to anybody but the page's server, and from opening pages of its own. */
const preferences = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.safebrowsing.downloads.remote.enabled': false,
  'browser.search.update': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.trr.mode': 5,
  'services.settings.server': '',
  'toolkit.telemetry.enabled': false,
};

describeBrowser({
  name: 'Firefox',
  command: 'firefox-esr',
  debianPackage: 'firefox-esr',
  profileFiles: {
    'user.js': Object.entries(preferences)
      .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
      .join(''),
  },
  arguments: (url, profile) => ['--headless', '--no-remote', '--profile', profile, url],
});
