/**
 * A part of the crowd, in a process of its own. Lines of JSON on stdin say how many are to be there, and how many of them go and
 * come every second; each is answered by how it stands.
 */
import { createInterface } from 'node:readline';
import { exits, Guest, habits } from './guest';

/** What the crowd is to be. */
export interface Orders {
  readonly size: number;
  /** So many of them go every second, and as many come. */
  readonly churn: number;
}

/** How the crowd stands. */
export interface CrowdState {
  readonly here: number;
  /** Messages that came to it, ever. */
  readonly heard: number;
  /** By close code, ever. */
  readonly gone: Readonly<Record<string, number>>;
  /** What must not happen: the first of it, and how often. */
  readonly wrong: readonly string[];
  readonly wrongs: number;
}

const port = Number(process.argv[2]);
/** Numbers of guests begin here, so that those of all processes are different. */
const first = Number(process.argv[3]);

/** Milliseconds; each guest acts once in so many of these. */
const tick = 100;
const ticksBetweenActs = 50;
/** So many come in one tick, at most. */
const comeAtOnce = 100;

const guests: Guest[] = [];
let orders: Orders = { size: 0, churn: 0 };
let arrivals = 0;
let departures = 0;
let heard = 0;
let wrongs = 0;
let owed = 0;
let turn = 0;
let lastStall = 0;
/** Those who have come and are not gone. */
let here = 0;
const wrong: string[] = [];
const gone: Record<string, number> = {};

function note(what: string): void {
  wrongs++;
  if (wrong.length < 20) wrong.push(what);
}

function come(): void {
  const number = first + arrivals++;
  here++;
  const habit = number % 10 < 6 ? 'idle' : habits[(number % 10) - 6]!;
  const guest = new Guest({
    port,
    number,
    habit,
    wrong: note,
    heard: () => heard++,
    gone: (code) => {
      here--;
      gone[code] = (gone[code] ?? 0) + 1;
      // Nobody has sent it away: another one comes.
      const at = guests.indexOf(guest);
      if (at !== -1) guests.splice(at, 1);
    },
  });
  guests.push(guest);
}

/**
 * One of those who have been there longest goes, in one way after the other; but who stops reading keeps a server busy for a
 * while, and when all go, that would be thousands.
 */
function go(): void {
  const exit = exits[departures++ % exits.length]!;
  const tooMany = exit === 'stops reading' && turn - lastStall < 2;
  if (exit === 'stops reading' && !tooMany) lastStall = turn;
  guests.shift()?.leave(tooMany ? 'resets' : exit);
}

function act(): void {
  turn++;
  for (let index = turn % ticksBetweenActs; index < guests.length; index += ticksBetweenActs) guests[index]!.act();
  owed += (orders.churn * tick) / 1000;
  for (; owed >= 1; owed--) if (guests.length > orders.size / 2) go();
  for (let count = 0; guests.length > orders.size && count < 2 * comeAtOnce; count++) go();
  for (let count = 0; guests.length < orders.size && count < comeAtOnce; count++) come();
}

setInterval(act, tick);
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (line !== '') orders = JSON.parse(line);
  const state: CrowdState = { here, heard, gone, wrong, wrongs };
  console.log(JSON.stringify(state));
});
lines.on('close', () => process.exit());
