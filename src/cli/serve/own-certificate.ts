import { isIP } from 'node:net';
import { generate } from 'selfsigned';

/** A certificate for this computer, signed by nobody but itself, for a year. */
export async function makeCertificate(host: string): Promise<{ key: string; cert: string }> {
  const names = new Set(['localhost', '127.0.0.1', '::1', host]);
  const altNames = Array.from(names, (name) =>
    isIP(name) === 0 ? { type: 2 as const, value: name } : { type: 7 as const, ip: name },
  );
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  return { key, cert };
}
