import { EventEmitter } from 'node:events';
import { AdapterError } from '../../src/protocol/errors';
import type { Adapter, AdapterStatus, Eventually, Space, SpaceReceiver } from '../../src/rooms/adapter';
import { type MemoryBroker, memoryAdapter } from '../../src/rooms/memory-adapter';

type Call = Exclude<keyof Space, 'node' | 'close'>;

/** What becomes of a call: it is carried out, or fails, or is never answered, or is carried out and its answer is lost. */
type Fate = 'done' | 'fails' | 'hangs' | 'answer lost';

/**
 * The memory adapter behind a network that a test can break. Calls are carried out in their order, each in an iteration of
 * its own, as with a broker; what happens at the broker while it is away does not come.
 */
export class FlakyAdapter implements Adapter {
  status: AdapterStatus = 'ready';
  problem: Error | undefined;
  /** What becomes of the calls of one kind, whatever becomes of the others. */
  readonly fates = new Map<Call, Fate>();
  /** The calls so far, each as its name and the room. */
  readonly calls: string[] = [];
  readonly #inner: Adapter;
  readonly #events = new EventEmitter<{ status: [AdapterStatus, Error | undefined] }>();
  #receiver: SpaceReceiver | undefined;
  #fate: Fate = 'done';
  #isHolding = false;
  #held: Array<() => void> = [];
  #hanging: Array<(error: Error) => void> = [];
  /** Calls are carried out one behind the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(broker: MemoryBroker) {
    this.#inner = memoryAdapter({ broker });
  }

  /** The broker is away, and the adapter knows it. */
  goAway(): void {
    this.#fate = 'fails';
    this.#become('degraded');
  }

  /** The broker does not answer any more, which nobody has noticed yet. */
  hang(): void {
    this.#fate = 'hangs';
  }

  /** The broker is back: calls that hang have failed, and what was published meanwhile is to be read. */
  comeBack(): void {
    this.fates.clear();
    for (const fail of this.#hanging.splice(0)) fail(failure('the broker did not answer'));
    this.#recover();
  }

  /** From now on entries of the log arrive later than they could. */
  holdEntries(): void {
    this.#isHolding = true;
  }

  releaseEntries(): void {
    this.#isHolding = false;
    for (const tell of this.#held.splice(0)) tell();
  }

  /** Entries that were held back are lost, as by a broker that drops what a slow reader does not take. */
  loseEntries(): void {
    this.#isHolding = false;
    this.#held = [];
  }

  /** Done when all calls so far have been carried out, or have failed, and those who made them know. */
  async idle(): Promise<void> {
    for (let last: unknown; last !== this.#last; ) {
      last = this.#last;
      await last;
      await turn();
    }
  }

  open(name: string, receiver: SpaceReceiver): Space {
    this.#receiver = receiver;
    const inner = this.#inner.open(name, {
      appended: (...told) => this.#tell(() => receiver.appended(...told), this.#isHolding),
      published: (...told) => this.#tell(() => receiver.published(...told)),
      presence: (...told) => this.#tell(() => receiver.presence(...told)),
      status: (...told) => receiver.status(...told),
    });
    return {
      node: inner.node,
      subscribe: (room) => this.#call('subscribe', room, () => inner.subscribe(room)),
      unsubscribe: (room) => this.#call('unsubscribe', room, () => inner.unsubscribe(room)),
      publish: (room, draft) => this.#call('publish', room, () => inner.publish(room, draft)),
      append: (room, drafts, limits) => this.#call('append', room, () => inner.append(room, drafts, limits)),
      read: (room, query, limits) => this.#call('read', room, () => inner.read(room, query, limits)),
      enter: (room, present) => this.#call('enter', room, () => inner.enter(room, present)),
      leave: (room, ids) => this.#call('leave', room, () => inner.leave(room, ids)),
      present: (room) => this.#call('present', room, () => inner.present(room)),
      touch: (ttl, kept) => this.#call('touch', '', () => inner.touch(ttl, kept)),
      close: () => inner.close(),
    };
  }

  on(event: 'status', listener: (status: AdapterStatus, problem: Error | undefined) => void): this {
    this.#events.on(event, listener);
    return this;
  }

  off(event: 'status', listener: (status: AdapterStatus, problem: Error | undefined) => void): this {
    this.#events.off(event, listener);
    return this;
  }

  async close(): Promise<void> {
    this.comeBack();
    await this.#inner.close();
  }

  #call<Value>(name: Call, room: string, operation: () => Eventually<Value>): Promise<Value> {
    this.calls.push(`${name} ${room}`);
    const fate = this.fates.get(name) ?? this.#fate;
    if (fate === 'hangs') return new Promise((_resolve, reject) => this.#hanging.push(reject));
    const result = this.#last.then(async () => {
      await turn();
      if (fate !== 'fails' && this.#fate === 'done') {
        const value = await operation();
        if (fate === 'done') return value;
      }
      // Whatever fails makes the adapter degraded: for a moment, where the broker is back already.
      if (this.#fate === 'done' && fate !== this.fates.get(name)) setImmediate(() => this.#recover());
      this.goAway();
      throw failure(`${name}: the broker failed`);
    });
    this.#last = result.catch(() => {});
    return result;
  }

  #tell(tell: () => void, isHeld = false): void {
    if (this.#fate !== 'done') return;
    if (isHeld) this.#held.push(tell);
    else tell();
  }

  #recover(): void {
    this.#fate = 'done';
    this.#become('ready');
  }

  #become(status: AdapterStatus): void {
    if (this.status === status) return;
    this.status = status;
    this.problem = status === 'degraded' ? failure('the broker is away') : undefined;
    this.#receiver?.status(status, this.problem);
    this.#events.emit('status', status, this.problem);
  }
}

function failure(words: string): AdapterError {
  return new AdapterError(words, { code: 'BROKER_FAILED' });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
