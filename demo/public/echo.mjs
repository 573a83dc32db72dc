/** The echo page: sends a text, and shows what came back and how long it took. */
import { byId, element } from './dom.mjs';
import { showProtocols } from './protocols.mjs';
import { ReconnectingSocket, socketUrl } from './reconnecting-socket.mjs';

const socket = new ReconnectingSocket(socketUrl('/echo?protocol'));

/** When each text was sent that has not come back. Echoes come in the order of sending. */
const sentAt = [];

/** The first text on each connection is the server's own: by which protocol it came. */
let isIntroduced = false;

showProtocols(null);
socket.addEventListener('open', () => showState('open', 'Connected'));
socket.addEventListener('lost', () => {
  sentAt.length = 0;
  isIntroduced = false;
  showProtocols(null);
  showState('lost', 'The connection is lost. Trying again …');
});
socket.addEventListener('text', ({ detail }) => {
  if (!isIntroduced) {
    isIntroduced = true;
    showProtocols(JSON.parse(detail).name);
    return;
  }
  const milliseconds = (performance.now() - sentAt.shift()).toFixed(1);
  const item = element('li', {}, element('p', {}, detail), element('span', {}, `${milliseconds} ms`));
  byId('echoes').append(item);
  item.scrollIntoView({ block: 'nearest' });
});

byId('form').addEventListener('submit', (event) => {
  event.preventDefault();
  const input = byId('text');
  if (!socket.send(input.value)) return;
  sentAt.push(performance.now());
  input.value = '';
});

function showState(state, text) {
  byId('state').dataset.state = state;
  byId('state').textContent = text;
}
