import { describeBrowser } from './support/browser';

describeBrowser({
  name: 'Chromium',
  command: 'chromium',
  debianPackage: 'chromium',
  arguments: (url, profile) => [
    '--headless',
    // Lets root run it.
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    `--user-data-dir=${profile}`,
    url,
  ],
});
