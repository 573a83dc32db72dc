import { expect } from 'chai';
import { ClosureRecord } from '../../src/connection/closure';
import { PolicyError } from '../../src/protocol/errors';

const policyError = new PolicyError('too much', { code: 'TEST' });

describe('ClosureRecord', () => {
  it('is 1006 from the remote end when nothing is known', () => {
    expect(new ClosureRecord().summary()).to.deep.equal({ code: 1006, reason: '', initiator: 'remote', cause: null });
  });

  it("tells the peer's code and reason, also after our own close", () => {
    const record = new ClosureRecord();
    record.begun('local');
    record.sent = { code: 1001, reason: 'restart' };
    record.received = { code: 1000, reason: 'bye' };
    expect(record.summary()).to.deep.equal({ code: 1000, reason: 'bye', initiator: 'local', cause: null });
    expect(record.isClean).to.equal(true);
  });

  it('keeps who came first', () => {
    const record = new ClosureRecord();
    record.begun('remote');
    record.begun('local');
    expect(record.summary().initiator).to.equal('remote');
  });

  it('lets a failure of ours count more than what the peer says then', () => {
    const record = new ClosureRecord();
    record.failed({ code: 1008, reason: 'too much' }, policyError, 'SLOW_CONSUMER');
    record.received = { code: 1000, reason: '' };
    record.sent = { code: 1008, reason: 'too much' };
    expect(record.summary()).to.deep.equal({
      code: 1008,
      reason: 'too much',
      initiator: 'local',
      cause: policyError,
    });
    expect(record.isClean).to.equal(false);
  });

  it('keeps the first cause', () => {
    const record = new ClosureRecord();
    record.cause = new Error('first');
    record.failed({ code: 1008, reason: '' }, policyError, 'SLOW_CONSUMER');
    expect(record.summary().cause).to.have.property('message', 'first');
  });

  it('is not clean with one close frame alone', () => {
    const record = new ClosureRecord();
    record.sent = { code: 1000, reason: '' };
    expect(record.isClean).to.equal(false);
  });

  describe('describe()', () => {
    it('tells both close frames in their order', () => {
      const record = new ClosureRecord();
      record.begun('remote');
      record.received = { code: 1001, reason: '' };
      record.sent = { code: 1001, reason: '' };
      expect(record.describe()).to.equal('received 1001 (going away), then sent 1001 (going away)');
    });

    it('puts ours first when we began, and quotes reasons', () => {
      const record = new ClosureRecord();
      record.begun('local');
      record.sent = { code: 1000, reason: 'all "done"' };
      record.received = { code: 4001, reason: '' };
      expect(record.describe()).to.equal(
        'sent 1000 (normal closure) "all \\"done\\"", then received 4001 (application)',
      );
    });

    it('says that there was no close frame, and what went wrong', () => {
      const record = new ClosureRecord();
      record.cause = new Error('read ECONNRESET');
      expect(record.describe()).to.equal('no close frame was sent or received; read ECONNRESET');
    });
  });
});
