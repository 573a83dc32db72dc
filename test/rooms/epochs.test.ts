import { expect } from 'chai';
import { Epochs } from '../../src/rooms/epochs';

describe('Epochs', () => {
  it('are others in each process, and stay', () => {
    const epochs = new Epochs();
    expect(epochs.of('a')).to.equal(epochs.of('a'));
    expect(new Epochs().of('a')).to.not.equal(epochs.of('a'));
  });

  it('end for the room, and for hardly any other', () => {
    const epochs = new Epochs();
    const rooms = Array.from({ length: 10_000 }, (_, index) => `room ${index}`);
    const before = rooms.map((room) => epochs.of(room));
    epochs.end('room 5');
    const others = rooms.filter((room, index) => epochs.of(room) !== before[index]);
    expect(others).to.include('room 5');
    expect(others.length).to.be.below(50);
  });
});
