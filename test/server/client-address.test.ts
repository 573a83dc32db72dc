import { expect } from 'chai';
import { nameOfAddress } from '../../src/server/client-address';

describe('nameOfAddress', () => {
  const cases: Array<[address: string | undefined, name: string | undefined]> = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::1]:443', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::1]', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['unknown', 'unknown'],
    ['_hidden', 'unknown'],
    ['192.0.2.256', 'unknown'],
    ['1'.repeat(10_000), 'unknown'],
    ['', undefined],
    [undefined, undefined],
  ];
  for (const [address, name] of cases) {
    const shown = address !== undefined && address.length > 60 ? 'what is much too long' : JSON.stringify(address);
    it(`${shown} is counted as ${name}`, () => {
      expect(nameOfAddress(address)).to.equal(name);
    });
  }
});
