import { expect } from 'chai';
import { Goal } from '../../src/cli/goal';

describe('Goal', () => {
  it('is met from the beginning where there is none, and never over', () => {
    const goal = new Goal({});
    goal.take('x');
    expect([goal.isSet, goal.isMet, goal.isOver]).to.deep.equal([false, true, false]);
  });

  it('waits for so many messages', () => {
    const goal = new Goal({ count: 2 });
    goal.take('a');
    expect([goal.isMet, goal.isOver]).to.deep.equal([false, false]);
    goal.take('b');
    expect([goal.isMet, goal.isOver]).to.deep.equal([true, true]);
  });

  it('waits for a text, or a pattern, also in bytes', () => {
    for (const wanted of ['right', /^ri/, /igh/y]) {
      const goal = new Goal({ expect: wanted });
      goal.take('wrong');
      expect(goal.isOver).to.equal(false);
      goal.take(Buffer.from('right'));
      expect(goal.isMet, String(wanted)).to.equal(!(wanted instanceof RegExp && wanted.sticky));
    }
  });

  it('is over and not met when none of so many was as expected', () => {
    const goal = new Goal({ count: 1, expect: 'right' });
    goal.take('wrong');
    expect([goal.isMet, goal.isOver]).to.deep.equal([false, true]);
    expect(goal.failure('All have come')).to.include({
      message: 'All have come: 1 message came, and none was "right".',
      exitCode: 4,
    });
  });
});
