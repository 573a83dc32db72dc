import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/**
 * The ports that the environment asks for: PORT, or 8765, for http, and PORT_HTTPS, or the one behind it, for https. 0 is
 * any free port. Ends the process when they ask for something else.
 */
export function portsFromEnvironment(): { http: number; https: number } {
  const http = portFrom('PORT') ?? 8765;
  const https = portFrom('PORT_HTTPS') ?? (http === 0 ? 0 : http + 1);
  if (https > 65_535) refuse(`PORT_HTTPS is needed where PORT is ${http}: there is no port behind it for https.`);
  if (https === http && http !== 0) refuse(`PORT_HTTPS must be another port than PORT, not ${https} as well.`);
  return { http, https };
}

/** The port that a variable asks for, if it does. Ends the process when it asks for something else. */
export function portFrom(variable: string): number | undefined {
  const text = process.env[variable];
  if (!text) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  refuse(`${variable} must be a number from 0 to 65535, not ${JSON.stringify(text)}.`);
}

function refuse(problem: string): never {
  console.error(problem);
  process.exit(1);
}

/**
 * Has a server listen, and resolves with its port.
 *
 * @param variable names the environment variable that chooses another port
 * @throws Error that says in words why it cannot listen
 */
export async function listen(server: Server, port: number, variable: 'PORT' | 'PORT_HTTPS'): Promise<number> {
  server.listen(port);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(explain(error as NodeJS.ErrnoException, port, variable));
  }
  return (server.address() as AddressInfo).port;
}

function explain(error: NodeJS.ErrnoException, port: number, variable: string): string {
  const advice = `Choose another port with the environment variable ${variable}, for example ${variable === 'PORT' ? 8775 : 8776}.`;
  if (error.code === 'EADDRINUSE') return `Port ${port} is taken by another program. ${advice}`;
  if (error.code === 'EACCES') return `This user may not listen on port ${port}. ${advice}`;
  return `The chat cannot listen on port ${port}: ${error.message}`;
}
