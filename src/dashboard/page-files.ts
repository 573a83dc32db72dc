import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { InvalidStateError } from '../protocol/errors';

/** Where the build puts the page, seen from the compiled file as from its source. */
const folder = path.join(__dirname, '..', '..', 'dist', 'dashboard', 'page');

/** The files of the page, and their types, by the path below the mount. */
const types: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'main.js': 'text/javascript; charset=utf-8',
  'main.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** What the page may load: its own files, and its own WebSocket. Nothing inline, so that no text that it shows can run. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What every file of the page is sent with; whatever middleware has set under these names gives way. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
}

const files = new Map<string, Promise<Buffer>>();

/** The name of the file at a path below the mount; undefined for one that the page does not have. */
export function pageFileAt(pathname: string): string | undefined {
  const name = pathname === '/' ? 'index.html' : pathname.slice(1);
  return Object.hasOwn(types, name) ? name : undefined;
}

/**
 * Reads a file of the page, the first time that somebody asks for it.
 *
 * @throws InvalidStateError when it is not beside the package
 */
export async function readPageFile(name: string): Promise<PageFile> {
  let reading = files.get(name);
  if (reading === undefined) {
    reading = readFile(path.join(folder, name));
    files.set(name, reading);
  }
  try {
    return { type: types[name]!, bytes: await reading };
  } catch (error) {
    files.delete(name);
    throw new InvalidStateError(
      `The dashboard's page is not where the package has it (${(error as Error).message}): build it, or leave ` +
        'switchboard out of what your bundler bundles',
      { code: 'NO_DASHBOARD_PAGE' },
    );
  }
}
