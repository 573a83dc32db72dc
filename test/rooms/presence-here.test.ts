import { expect } from 'chai';
import type { Presence } from '../../src/rooms/adapter';
import { PresenceHere } from '../../src/rooms/presence-here';

const minute = 60_000;

function presenceOf(id: string, name = id): Presence {
  return { id, node: 'here', value: { name } };
}

describe('presence-here', () => {
  it('knows who is present where', () => {
    const here = new PresenceHere();
    here.add('one', presenceOf('ann'));
    here.add('one', presenceOf('ben'));
    here.add('other', presenceOf('ann', 'Anna'));
    here.add('one', presenceOf('ben', 'Benn'));
    expect(here.in('one')).to.deep.equal([presenceOf('ann'), presenceOf('ben', 'Benn')]);
    expect(here.get('other', 'ann')).to.deep.equal(presenceOf('ann', 'Anna'));
    here.remove('one', 'ann');
    here.remove('one', 'nobody');
    here.remove('nowhere', 'ann');
    expect(here.in('one')).to.deep.equal([presenceOf('ben', 'Benn')]);
    expect(here.get('one', 'ann')).to.equal(undefined);
    expect(here.in('nowhere')).to.deep.equal([]);
  });

  it('has every room said again within twenty minutes, a few at a time', () => {
    const here = new PresenceHere();
    for (let room = 0; room < 1000; room++) here.add(`${room}`, presenceOf('ann'));
    const said = new Set<string>();
    for (let passed = 0; passed < 20 * minute; passed += minute) {
      const kept = here.nextToKeep(minute);
      expect(kept.size).to.be.at.most(50);
      for (const [room, present] of kept) {
        expect(present).to.deep.equal([presenceOf('ann')]);
        said.add(room);
      }
    }
    expect(said.size).to.equal(1000);
  });

  it('begins anew behind the last room, also where rooms come and go meanwhile', () => {
    const here = new PresenceHere();
    for (let room = 0; room < 10; room++) here.add(`${room}`, presenceOf('ann'));
    const first = here.nextToKeep(10 * minute);
    expect([...first.keys()]).to.deep.equal(['0', '1', '2', '3', '4']);
    here.remove('5', 'ann');
    here.add('new', presenceOf('ann'));
    expect([...here.nextToKeep(10 * minute).keys()]).to.deep.equal(['6', '7', '8', '9', 'new']);
    expect(here.nextToKeep(10 * minute).size).to.equal(0);
    expect(here.nextToKeep(20 * minute).size).to.equal(10);
    expect(new PresenceHere().nextToKeep(minute).size).to.equal(0);
  });
});
