/** How charts look: on a white ground of their own, so that they read alike on a light page and on a dark one. */

import { ours } from '../peers';

export const WIDTH = 960;
export const MARGIN = 24;

export const colors = {
  ground: '#ffffff',
  text: '#1f2933',
  muted: '#52606d',
  grid: '#e4e7eb',
  ours: '#0b5fcc',
  other: '#9aa5b1',
  limit: '#ffffff',
};

/** Of lines: told apart by colour, by symbol and by dashes, for those who do not see all colours. */
export interface LineStyle {
  color: string;
  symbol: string;
  dash: 'solid' | 'dashed' | 'dotted';
  width: number;
}

const line = (color: string, symbol: string, dash: LineStyle['dash'] = 'solid', width = 2): LineStyle => ({
  color,
  symbol,
  dash,
  width,
});

const lineStyles: Readonly<Record<string, LineStyle>> = {
  [ours]: line(colors.ours, 'circle', 'solid', 3),
  ws: line('#c2410c', 'rect'),
  'ws-native': line('#9a6700', 'diamond', 'dashed'),
  'socket.io': line('#6d28d9', 'arrow', 'dashed'),
  bun: line('#b5179e', 'triangle'),
  deno: line('#1b7f3b', 'emptyDiamond'),
  net: line('#52606d', 'emptyCircle', 'dotted'),
};

export function lineStyleOf(peer: string): LineStyle {
  return lineStyles[peer] ?? line(colors.muted, 'emptyRect', 'dashed');
}

/** Peers that say what is possible at all, rather than compete. */
const limits: ReadonlySet<string> = new Set(['net', 'http2', 'express', 'hub', 'http1', 'unstalled', 'redis']);

export function barStyleOf(peer: string): { color: string; borderColor: string; borderWidth: number } {
  if (peer === ours) return { color: colors.ours, borderColor: colors.ours, borderWidth: 0 };
  if (limits.has(peer)) return { color: colors.limit, borderColor: colors.muted, borderWidth: 1 };
  return { color: colors.other, borderColor: colors.other, borderWidth: 0 };
}
