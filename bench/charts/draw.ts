/** All charts that a run has figures for. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figures } from './figures';
import { drawGrowth } from './growth-chart';
import { drawLatency } from './latency-chart';
import type { Chart } from './svg';
import { drawThroughput } from './throughput-chart';

/** @throws BenchError where echarts is not installed */
export function drawCharts(figures: Figures): Chart[] {
  return [...drawThroughput(figures), ...drawLatency(figures), ...drawGrowth(figures)];
}

/** @returns the files that it has written */
export function writeCharts(figures: Figures, folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  return drawCharts(figures).map(({ file, svg }) => {
    const path = join(folder, file);
    writeFileSync(path, svg);
    return path;
  });
}
