import { type Certificates, makeCertificates } from '../../client/support/certificates';

let made: Promise<Certificates> | undefined;

/** The certificates of all contract tests: made once, as that takes a moment. */
export function certificates(): Promise<Certificates> {
  made ??= makeCertificates();
  return made;
}
