import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { pass } from '../../../src/cli/bench/phases';
import { progressOn } from '../../../src/cli/bench/progress';

function terminal(isTTY: boolean): NodeJS.WriteStream & { shown(): string } {
  const stream = new PassThrough({ encoding: 'utf8' });
  let shown = '';
  stream.on('data', (text: string) => {
    shown += text;
  });
  return Object.assign(stream, { isTTY, columns: 120, rows: 30, shown: () => shown }) as unknown as ReturnType<
    typeof terminal
  >;
}

describe('the progress of a benchmark', () => {
  it('is a bar with a rate on a terminal', () => {
    const stream = terminal(true);
    const phases = progressOn(stream);
    phases.begin('Measuring', 1000);
    phases.update(500, '12,345 messages/s');
    phases.end();
    expect(stream.shown()).to.match(/Measuring +.*50 % {2}12,345 messages\/s/);
  });

  it('is nothing where standard error is no terminal', () => {
    const stream = terminal(false);
    const phases = progressOn(stream);
    phases.begin('Measuring', 1000);
    phases.update(500, 'x');
    phases.end();
    expect(stream.shown()).to.equal('');
  });

  it('ends early when it is aborted, and then shows nothing more', async () => {
    const end = new AbortController();
    const told: string[] = [];
    const phases = { begin: () => told.push('begin'), update: () => told.push('update'), end: () => told.push('end') };
    const passing = pass(phases, 'Measuring', 3_600_000, () => '', end.signal);
    end.abort();
    await passing;
    await pass(phases, 'Warming up', 3_600_000, () => '', end.signal);
    expect(told).to.deep.equal(['begin', 'update', 'end', 'begin', 'update', 'end']);
  });
});
