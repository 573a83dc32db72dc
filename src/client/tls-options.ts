import type { ConnectionOptions as TlsOptions } from 'node:tls';

/** What says whom to trust, and how; all the rest says who we are, or whom we expect. */
const trust = [
  'ca',
  'crl',
  'rejectUnauthorized',
  'minVersion',
  'maxVersion',
  'secureProtocol',
  'secureOptions',
  'ciphers',
  'ecdhCurve',
  'sigalgs',
  'dhparam',
  'minDHSize',
  'honorCipherOrder',
  'enableTrace',
] as const;

/**
 * The options for somebody whom they were not given for, as a proxy or another origin: the certificate and its key stay
 * here, with whatever else tells who we are, and the expected name is theirs.
 */
export function foreignTls(given: TlsOptions): TlsOptions {
  const options: TlsOptions = {};
  for (const name of trust) if (given[name] !== undefined) Object.assign(options, { [name]: given[name] });
  return options;
}
