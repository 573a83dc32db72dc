import { resolveOptions } from '../../browser/options';
import { ReconnectingSocket } from '../../browser/reconnecting-socket';
import type { FeedMessage, Present, Server } from '../wire';
import { Chart } from './chart';
import { sections } from './chart-list';
import { byId, element, setText } from './dom';
import { count, duration, text } from './format';
import { History } from './history';
import { StatusLine } from './status';
import { Tables } from './tables';
import { followTheme } from './theme';
import { Tiles } from './tiles';

const history = new History();
const tiles = new Tiles();
const tables = new Tables();
const charts: Chart[] = [];
let present: Present | undefined;
let server: Server | undefined;

followTheme(() => {
  for (const chart of charts) chart.repaint();
});

for (const { id, title, charts: specs } of sections) {
  const own = specs.map((spec) => new Chart(spec, (spoken) => setText(byId('spoken'), spoken)));
  charts.push(...own);
  const heading = element('h2', '', title);
  heading.id = `${id}-title`;
  const cards = element('div', 'cards', ...own.map((chart) => chart.element), ...tables.in(id));
  const section = element('section', id, heading, cards);
  section.setAttribute('aria-labelledby', heading.id);
  byId('sections').append(section);
}

byId('range').addEventListener('change', draw);
// Drawings that nobody sees cost the same.
document.addEventListener('visibilitychange', draw);

const socket = new ReconnectingSocket(
  () => new URL('feed', location.href),
  resolveOptions({ firstRetryDelay: 1_000, maxRetryDelay: 5_000, probeInterval: 5_000 }),
  {
    isOwed: false,
    opened: () => {},
    received: (data) => receive(JSON.parse(String(data)) as FeedMessage),
    lost: () => {},
    changed: (state) => {
      status.enter(state);
      if (state.status !== 'open') document.title = 'disconnected · Switchboard';
    },
  },
);
const status = new StatusLine(() => socket.connect());
socket.connect();

function receive(message: FeedMessage): void {
  status.heard();
  if (message.type === 'hello') server = message.server;
  history.add(message.type === 'hello' ? message.samples : [message.sample]);
  present = message.present;
  draw();
}

function draw(): void {
  if (present === undefined || document.hidden) return;
  const { last } = history;
  const seconds = Number(byId('range').querySelector<HTMLInputElement>('input:checked')!.value);
  const samples = history.window(seconds);
  describeServer();
  tables.update(samples, seconds, present);
  if (last === undefined) return;
  document.title = `${text(count(last.connections))} open · Switchboard`;
  tiles.update(last, history.window(60), present);
  // A young history is not squeezed into a corner of the chart.
  const shown = Math.min(seconds, Math.max(60, (last.at - samples[0]!.at) / 1000));
  for (const chart of charts) chart.update(samples, shown);
}

function describeServer(): void {
  if (server === undefined || present === undefined) return;
  const { host, pid, node, startedAt } = server;
  setText(byId('server'), `${host} · process ${pid} · Node ${node} · up ${duration(Date.now() - startedAt)}`);
  const { viewers } = present;
  setText(byId('viewers'), viewers === 1 ? 'You alone look at this.' : `${viewers} look at this.`);
}
