/** The certificate of servers that speak TLS: signed by itself, made for each run. */

import { generate } from 'selfsigned';
import type { Workshop } from './workshop';

const made = new WeakMap<Workshop, Promise<string>>();

/** A folder with key.pem and cert.pem. */
export function certificateFolder(workshop: Workshop): Promise<string> {
  const folder = made.get(workshop) ?? writeCertificate(workshop);
  made.set(workshop, folder);
  return folder;
}

async function writeCertificate(workshop: Workshop): Promise<string> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keyType: 'ec',
    curve: 'P-256',
  });
  workshop.write('key.pem', key);
  workshop.write('cert.pem', cert);
  return workshop.folder;
}
