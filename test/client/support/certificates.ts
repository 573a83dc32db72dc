import { generate } from 'selfsigned';

export interface Certificate {
  key: string;
  cert: string;
}

/** An authority, and what it signed: for a server at localhost and 127.0.0.1, and for a client. */
export interface Certificates {
  authority: string;
  server: Certificate;
  client: Certificate;
}

/** Made anew for each run: nothing that expires lies in the repository. */
export async function makeCertificates(): Promise<Certificates> {
  const ca = await generate([{ name: 'commonName', value: 'Test authority' }], {
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const signed = async (name: string): Promise<Certificate> => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
      ca: { key: ca.private, cert: ca.cert },
      extensions: [
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
          ],
        },
      ],
    });
    return { key, cert };
  };
  return { authority: ca.cert, server: await signed('localhost'), client: await signed('a client') };
}
