import { expect } from 'chai';
import { Roster } from '../../src/chat/roster';

describe('Roster', () => {
  const ann = { id: 'ann', name: 'Ann' };
  const bob = { id: 'bob', name: 'Bob' };
  const nothing = { joins: [], leaves: [] };

  it('tells of a member with its first connection and with its last', () => {
    const roster = new Roster();
    const come = (connection: string) => roster.change([{ connection, member: ann }], []);
    expect(come('1')).to.deep.equal({ joins: [ann], leaves: [] });
    expect(come('2')).to.deep.equal(nothing);
    expect(roster.size).to.equal(1);
    expect(roster.list(9)).to.deep.equal([{ ...ann, connections: 2 }]);
    expect(roster.change([], ['1'])).to.deep.equal(nothing);
    expect(roster.list(9)).to.deep.equal([ann]);
    expect(roster.change([], ['2'])).to.deep.equal({ joins: [], leaves: [ann] });
    expect(roster.size).to.equal(0);
  });

  it('takes the same twice as once, and passes over who is not there', () => {
    const roster = new Roster();
    const come = () => roster.change([{ connection: '1', member: ann }], []);
    come();
    expect(come()).to.deep.equal(nothing);
    expect(roster.list(9)).to.deep.equal([ann]);
    expect(roster.change([], ['nobody'])).to.deep.equal(nothing);
    expect(roster.change([], ['1', '1'])).to.deep.equal({ joins: [], leaves: [ann] });
    expect(roster.change([], ['1'])).to.deep.equal(nothing);
  });

  it('tells of another name as of one who leaves and one who joins, and keeps the place', () => {
    const roster = new Roster();
    const anna = { id: 'ann', name: 'Anna' };
    roster.change([{ connection: '1', member: ann }], []);
    roster.change([{ connection: '2', member: bob }], []);
    expect(roster.change([{ connection: '3', member: anna }], [])).to.deep.equal({ joins: [anna], leaves: [ann] });
    expect(roster.list(9)).to.deep.equal([{ ...anna, connections: 2 }, bob]);
    expect([roster.nameOf('ann'), roster.nameOf('nobody')]).to.deep.equal(['Anna', undefined]);
    expect(roster.change([], ['1', '3'])).to.deep.equal({ joins: [], leaves: [anna] });
  });

  it('of a member whose connections change in one step tells nothing', () => {
    const roster = new Roster();
    roster.change([{ connection: '1', member: ann }], []);
    expect(roster.change([{ connection: '2', member: ann }], ['1'])).to.deep.equal(nothing);
  });

  it('lists no more than it is asked for', () => {
    const roster = new Roster();
    for (const member of [ann, bob]) roster.change([{ connection: member.id, member }], []);
    expect(roster.list(1)).to.deep.equal([ann]);
    expect(roster.list(0)).to.deep.equal([]);
  });
});
