import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { type Heart, Heartbeat } from '../../src/connection/heartbeat';

/** A heart that writes down what it is asked. */
class TestHeart implements Heart {
  alive = true;
  beats = 0;
  stops = 0;
  onBeat: () => void = () => {};
  onStop: () => void = () => {};

  beat(): void {
    this.beats++;
    this.alive = false;
    this.onBeat();
  }

  stopped(): void {
    this.stops++;
    this.onStop();
  }

  untilBeats(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.onBeat = () => this.beats >= count && resolve();
    });
  }

  untilStopped(): Promise<void> {
    return new Promise((resolve) => {
      this.onStop = resolve;
    });
  }
}

describe('Heartbeat', () => {
  it('is one for each rhythm', () => {
    expect(Heartbeat.of(1000, 500)).to.equal(Heartbeat.of(1000, 500));
    expect(Heartbeat.of(1000, 500)).not.to.equal(Heartbeat.of(1000, 501));
  });

  it('beats again and again while the heart answers', async () => {
    const heartbeat = Heartbeat.of(4, 3);
    const heart = new TestHeart();
    heartbeat.add(heart);
    const three = new Promise<void>((resolve) => {
      heart.onBeat = () => {
        heart.alive = true;
        if (heart.beats === 3) resolve();
      };
    });
    await three;
    heartbeat.remove(heart);
    expect(heart.stops).to.equal(0);
  });

  it('stops a heart that is silent for the pong timeout', async () => {
    const heartbeat = Heartbeat.of(5, 6);
    const heart = new TestHeart();
    heartbeat.add(heart);
    const begin = performance.now();
    await heart.untilStopped();
    heartbeat.remove(heart);
    expect(performance.now() - begin).to.be.greaterThan(9);
  });

  it('does not put the deadline off when the interval is shorter than the timeout', async () => {
    const heartbeat = Heartbeat.of(2, 15);
    const heart = new TestHeart();
    heartbeat.add(heart);
    await heart.untilStopped();
    heartbeat.remove(heart);
    expect(heart.beats).to.equal(1);
  });

  it('asks nothing of a heart that was removed, also in the middle of a round', async () => {
    const heartbeat = Heartbeat.of(6, 5);
    const hearts = Array.from({ length: 10 }, () => new TestHeart());
    for (const heart of hearts) heartbeat.add(heart);
    hearts[0]!.onBeat = () => {
      for (const heart of hearts.slice(1)) heartbeat.remove(heart);
    };
    await hearts[0]!.untilStopped();
    heartbeat.remove(hearts[0]!);
    expect(hearts.slice(1).every(({ beats, stops }) => beats === 0 && stops === 0)).to.equal(true);
  });

  it('serves ten thousand hearts with a handful of timers', async () => {
    const original = globalThis.setTimeout;
    let timers = 0;
    globalThis.setTimeout = ((...args: Parameters<typeof original>) => {
      timers++;
      return original(...args);
    }) as typeof original;
    try {
      const heartbeat = Heartbeat.of(40, 30);
      const hearts = Array.from({ length: 10_000 }, () => new TestHeart());
      for (const heart of hearts) heartbeat.add(heart);
      await Promise.all(hearts.map((heart) => heart.untilStopped()));
      for (const heart of hearts) heartbeat.remove(heart);
      expect(hearts.every(({ beats }) => beats >= 1)).to.equal(true);
    } finally {
      globalThis.setTimeout = original;
    }
    expect(timers).to.be.lessThan(100);
  });

  it('judges only after what had arrived while the process was busy has been read', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [far] = (await once(server, 'connection')) as [Socket];
    const heartbeat = Heartbeat.of(30, 100);
    const heart = new TestHeart();
    near.on('data', () => {
      heart.alive = true;
    });
    heartbeat.add(heart);
    await heart.untilBeats(1);
    const next = heart.untilBeats(2);
    setImmediate(() => {
      // It has arrived long before the deadline, but the event loop finds its timers due before it polls for data.
      far.write('pong');
      const busyUntil = performance.now() + 130;
      while (performance.now() < busyUntil);
    });
    await next;
    heartbeat.remove(heart);
    near.destroy();
    far.destroy();
    server.close();
    expect(heart.stops).to.equal(0);
  });

  it('goes on after all hearts were removed and one came again', async () => {
    const heartbeat = Heartbeat.of(7, 5);
    const heart = new TestHeart();
    heartbeat.add(heart);
    heartbeat.remove(heart);
    heartbeat.remove(heart);
    heartbeat.add(heart);
    await heart.untilBeats(1);
    heartbeat.remove(heart);
  });
});
