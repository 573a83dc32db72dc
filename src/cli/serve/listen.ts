import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { ExitCode } from '../exit-codes';
import { Failure } from '../failure';

/** Has a server listen, and tells on which port. @throws Failure that says in words why it cannot */
export async function listen(
  server: Server,
  port: number,
  host: string,
  option: '--port' | '--tls-port',
): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Failure(explain(error as NodeJS.ErrnoException, port, host, option), ExitCode.NotConnected, {
      cause: error,
    });
  }
  return (server.address() as AddressInfo).port;
}

function explain({ code, message }: NodeJS.ErrnoException, port: number, host: string, option: string): string {
  if (code === 'EADDRINUSE') {
    return `Port ${port} is taken by another program: choose another one with ${option}, or any free one with ${option} 0.`;
  }
  if (code === 'EACCES') return `This user may not listen on port ${port}: choose another one with ${option}.`;
  if (code === 'EADDRNOTAVAIL') return `This computer does not have the address ${host} of --host.`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `The name ${host} of --host is not known.`;
  return `It cannot listen on ${host}, port ${port}: ${message}`;
}
