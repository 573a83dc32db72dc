import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { usageFailure } from '../failure';
import type { ServeFlags } from './command';

export interface Certificate {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  readonly isOwn: boolean;
}

/** The files that the flags name, or a certificate of our own. @throws Failure for one file without the other */
export async function certificateOf({ key, cert, host }: ServeFlags): Promise<Certificate> {
  if (key !== undefined && cert !== undefined) {
    return { key: await read('--key', key), cert: await read('--cert', cert), isOwn: false };
  }
  if (key !== undefined || cert !== undefined) throw usageFailure('--key and --cert belong together: give both.');
  const { makeCertificate } = await import('./own-certificate.js');
  return { ...(await makeCertificate(host)), isOwn: true };
}

/** By what people compare it: the SHA-256 of the certificate. */
export function fingerprintOf({ cert }: Certificate): string {
  return new X509Certificate(cert).fingerprint256;
}

async function read(option: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw usageFailure(`${option} cannot be read: ${(error as Error).message}`);
  }
}
