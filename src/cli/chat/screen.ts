import readline from 'node:readline';
import pc from 'picocolors';
import { note } from '../note';
import { Output } from '../output';

/** Where the chat is shown, and typed: a terminal, where messages come above the line that is being typed, or pipes. */
export class Screen {
  readonly isInteractive = process.stdin.isTTY === true && process.stdout.isTTY === true;
  readonly colors = pc.createColors(pc.isColorSupported && process.stdout.isTTY === true);
  private readonly output = new Output();
  private readonly reader: readline.Interface;
  /** Made at once: a pipe does not wait until somebody asks for its lines. */
  private readonly typed: AsyncIterator<string>;
  private isEnding = false;

  /** @param onInterrupt called for Ctrl-C in a terminal; elsewhere it is a signal of the process */
  constructor(onInterrupt: () => void) {
    const { isInteractive } = this;
    this.reader = readline.createInterface({
      input: process.stdin,
      ...(isInteractive && { output: process.stdout }),
      terminal: isInteractive,
      prompt: '> ',
    });
    this.reader.on('SIGINT', onInterrupt);
    this.typed = this.reader[Symbol.asyncIterator]();
  }

  /** The lines that are typed, until there are no more. */
  async *lines(): AsyncGenerator<string, void, undefined> {
    for (;;) {
      if (this.isInteractive) this.reader.prompt();
      const { done, value } = await this.typed.next();
      if (done) return;
      yield value;
    }
  }

  /** Prints a line that nothing in it can harm. */
  print(line: string): void {
    if (!this.isInteractive || this.isEnding) {
      void this.output.write(`${line}\n`);
      return;
    }
    const { rows } = this.reader.getCursorPos();
    readline.moveCursor(process.stdout, 0, -rows);
    readline.cursorTo(process.stdout, 0);
    readline.clearScreenDown(process.stdout);
    void this.output.write(`${line}\n`);
    this.reader.prompt(true);
  }

  /** Prints what is no message: on a terminal among them, elsewhere on the error stream. */
  complain(line: string): void {
    if (this.isInteractive) this.print(this.colors.yellow(line));
    else note(line);
  }

  /** Resolves when what was printed is on its way out. */
  ready(): Promise<void> {
    return this.output.ready();
  }

  close(): void {
    this.isEnding = true;
    this.reader.close();
    if (this.isInteractive) process.stdout.write('\n');
  }
}
