/** What `obey` of serve.ts does, with what Bun has for it. */

/** Connects a server that listens already to the bench. */
export async function obey(port) {
  console.log(JSON.stringify({ port }));
  for await (const line of console) {
    if (line !== 'gc') continue;
    Bun.gc(true);
    console.log(JSON.stringify({ gc: true }));
  }
  process.exit(0);
}
