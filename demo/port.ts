/** The port that the environment variable PORT asks for, or 8765. Ends the process when it asks for something else than a port. */
export function portFromEnvironment(): number {
  const text = process.env.PORT || '8765';
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  console.error(`PORT must be a number from 0 to 65535, not ${JSON.stringify(text)}.`);
  process.exit(1);
}

/** Why a server cannot listen, in words. */
export function explainListenError(error: NodeJS.ErrnoException, port: number): string {
  const advice = 'Choose another port with the environment variable PORT, for example 8766.';
  if (error.code === 'EADDRINUSE') return `Port ${port} is taken by another program. ${advice}`;
  if (error.code === 'EACCES') return `This user may not listen on port ${port}. ${advice}`;
  return `The chat cannot listen on port ${port}: ${error.message}`;
}
