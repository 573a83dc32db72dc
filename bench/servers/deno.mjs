/** Deno's own server, as its documentation shows it, and a loop for fan-out. It keeps to what serve.ts says. */

const tlsFolder = Deno.env.get('BENCH_TLS');
const subscribers = new Set();

function publish({ data }) {
  for (const subscriber of subscribers) {
    if (subscriber.readyState === WebSocket.OPEN) subscriber.send(data);
  }
}

const options = {
  port: 0,
  hostname: '127.0.0.1',
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
  ...(tlsFolder && {
    key: Deno.readTextFileSync(`${tlsFolder}/key.pem`),
    cert: Deno.readTextFileSync(`${tlsFolder}/cert.pem`),
  }),
};

Deno.serve(options, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  socket.binaryType = 'arraybuffer';
  const { pathname } = new URL(request.url);
  if (pathname === '/subscribe') {
    subscribers.add(socket);
    socket.onclose = () => subscribers.delete(socket);
  } else if (pathname === '/publish') {
    socket.onmessage = publish;
  } else {
    socket.onmessage = ({ data }) => socket.send(data);
  }
  return response;
});

const decoder = new TextDecoder();
for await (const chunk of Deno.stdin.readable) {
  // One `gc` at a time: the bench waits for the answer.
  if (decoder.decode(chunk) !== 'gc\n') continue;
  globalThis.gc();
  console.log(JSON.stringify({ gc: true }));
}
Deno.exit(0);
