import { describeBrowser } from './support/browser';

describeBrowser({
  name: 'Chromium',
  command: 'chromium',
  debianPackage: 'chromium',
  arguments: (url, profile, { version }) => [
    '--headless',
    // Lets root run it.
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--ignore-certificate-errors',
    ...(version === '1.1' ? ['--disable-http2'] : []),
    `--user-data-dir=${profile}`,
    url,
  ],
});
