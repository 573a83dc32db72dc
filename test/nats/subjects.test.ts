import { expect } from 'chai';
import { Subjects, tokenOf } from '../../src/nats/subjects';

describe('subjects of NATS', () => {
  it('have names of ASCII as they are', () => {
    expect(tokenOf('general_Room-7')).to.equal('general_Room-7');
  });

  it('have every other byte as two hexadecimal digits', () => {
    expect(tokenOf('a.b')).to.equal('a=2eb');
    expect(tokenOf('*')).to.equal('=2a');
    expect(tokenOf('=2a')).to.equal('=3d2a');
    expect(tokenOf('é 🙂')).to.equal('=c3=a9=20=f0=9f=99=82');
    expect(tokenOf('')).to.equal('=');
  });

  it('tell names apart that are no proper Unicode', () => {
    expect(tokenOf('\ud83d')).to.equal('=ed=a0=bd');
    expect(tokenOf('\udc00')).to.equal('=ed=b0=80');
    expect(tokenOf('\ufffd')).to.equal('=ef=bf=bd');
  });

  it('have a hash of what would be too long for a line of the protocol', () => {
    expect(tokenOf('x'.repeat(128))).to.equal('x'.repeat(128));
    expect(tokenOf('x'.repeat(129))).to.match(/^==[\w-]{43}$/);
    expect(tokenOf('.'.repeat(43))).to.match(/^==[\w-]{43}$/);
    expect(tokenOf(`${'x'.repeat(200)}\ud800`)).to.not.equal(tokenOf(`${'x'.repeat(200)}\ud801`));
  });

  it('begin with the prefix and the name of the rooms', () => {
    const subjects = new Subjects('switchboard', '/chat');
    expect(subjects.log('a')).to.equal('switchboard.=2fchat.log.a');
    expect(subjects.heard('a')).to.equal('switchboard.=2fchat.to.a.>');
    expect(subjects.passing('a')).to.equal('switchboard.=2fchat.to.a.now');
    expect(subjects.appended('a', 'life')).to.equal('switchboard.=2fchat.to.a.log.life');
    expect(subjects.presenceChanged()).to.equal('switchboard.=2fchat.to.>');
    expect(subjects.logStream).to.equal('switchboard_=2fchat_log');
  });
});
