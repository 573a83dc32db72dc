import { X509Certificate } from 'node:crypto';
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

/** The object identifier of SHA-256, by which an exception names a certificate. */
const sha256 = 'OID.2.16.840.1.101.3.4.2.1';

describeBrowser({
  name: 'Firefox',
  command: 'firefox-esr',
  debianPackage: 'firefox-esr',
  profileFiles: ({ version }, certificate, hosts) => ({
    'user.js': Object.entries({ ...preferences, 'network.http.http2.enabled': version === '2.0' })
      .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
      .join(''),
    'cert_override.txt': hosts
      .map((host) => `${host}:\t${sha256}\t${new X509Certificate(certificate).fingerprint256}\t\n`)
      .join(''),
  }),
  arguments: (url, profile) => ['--headless', '--no-remote', '--profile', profile, url],
});
