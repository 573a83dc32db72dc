import { expect } from 'chai';
import type { Presence } from '../../src/rooms/adapter';
import { PresenceList } from '../../src/rooms/presence-list';

const none = { joins: [], leaves: [] };

function presenceOf(id: string, name = id): Presence {
  return { id, node: 'other', value: { name } };
}

function idsOf(list: PresenceList): string[] {
  return [...list.values()].map(({ id }) => id).sort();
}

describe('presence-list', () => {
  it('is empty at first', () => {
    expect(idsOf(new PresenceList())).to.deep.equal([]);
    expect(new PresenceList().replace([])).to.deep.equal(none);
  });

  it('tells what of a change is news', () => {
    const list = new PresenceList();
    const ann = presenceOf('ann');
    expect(list.change({ joins: [ann], leaves: ['ben'] })).to.deep.equal({ joins: [ann], leaves: [] });
    expect(list.change({ joins: [presenceOf('ann')], leaves: [] })).to.deep.equal(none);
    const renamed = presenceOf('ann', 'Anna');
    expect(list.change({ joins: [renamed], leaves: [] })).to.deep.equal({ joins: [renamed], leaves: [] });
    expect(list.change({ joins: [], leaves: ['ann', 'ann'] })).to.deep.equal({ joins: [], leaves: ['ann'] });
    expect(idsOf(list)).to.deep.equal([]);
  });

  it('tells what is different in a new list', () => {
    const list = new PresenceList();
    list.replace([presenceOf('ann'), presenceOf('ben'), presenceOf('cid')]);
    const renamed = presenceOf('ben', 'Benn');
    const dan = presenceOf('dan');
    expect(list.replace([presenceOf('ann'), renamed, dan])).to.deep.equal({ joins: [renamed, dan], leaves: ['cid'] });
    expect(idsOf(list)).to.deep.equal(['ann', 'ben', 'dan']);
  });

  it('knows changes that came while the list was on its way, whether the list has them or not', () => {
    const list = new PresenceList();
    list.replace([presenceOf('ann'), presenceOf('ben')]);
    list.expectAll();
    const cid = presenceOf('cid');
    list.change({ joins: [cid], leaves: ['ann'] });
    expect(list.replace([presenceOf('ann'), presenceOf('ben')])).to.deep.equal(none);
    expect(idsOf(list)).to.deep.equal(['ben', 'cid']);
    list.expectAll();
    list.change({ joins: [presenceOf('dan')], leaves: ['cid'] });
    list.replace([presenceOf('ben'), presenceOf('dan')]);
    expect(idsOf(list)).to.deep.equal(['ben', 'dan']);
  });

  it('forgets what came while a list was expected that will not come', () => {
    const list = new PresenceList();
    list.expectAll();
    list.change({ joins: [presenceOf('ann')], leaves: [] });
    list.expectNothing();
    expect(idsOf(list)).to.deep.equal(['ann']);
    expect(list.replace([])).to.deep.equal({ joins: [], leaves: ['ann'] });
    expect(idsOf(list)).to.deep.equal([]);
  });
});
