/** The echo page: sends a text, and shows what came back and how long it took. */
import { byId, element } from './dom.mjs';
import { showProtocols } from './protocols.mjs';

/** When each text was sent that has not come back. Echoes come in the order of sending. */
const sentAt = [];
let socket;

dial();

function dial() {
  sentAt.length = 0;
  showProtocols(null);
  socket = new WebSocket(`${location.origin.replace('http', 'ws')}/echo?protocol`);
  socket.onopen = () => showState('open', 'Connected');
  // The first text is the server's own: by which protocol it came.
  socket.onmessage = ({ data }) => {
    showProtocols(JSON.parse(data).name);
    socket.onmessage = showEcho;
  };
  socket.onclose = () => {
    showProtocols(null);
    showState('lost', 'The connection is lost. Trying again …');
    setTimeout(dial, 500 + 2500 * Math.random());
  };
}

function showEcho({ data }) {
  const milliseconds = (performance.now() - sentAt.shift()).toFixed(1);
  const item = element('li', {}, element('p', {}, data), element('span', {}, `${milliseconds} ms`));
  byId('echoes').append(item);
  item.scrollIntoView({ block: 'nearest' });
}

byId('form').addEventListener('submit', (event) => {
  event.preventDefault();
  const input = byId('text');
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send(input.value);
  sentAt.push(performance.now());
  input.value = '';
});

function showState(state, text) {
  byId('state').dataset.state = state;
  byId('state').textContent = text;
}
