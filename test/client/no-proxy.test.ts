import { expect } from 'chai';
import { isExempt } from '../../src/client/no-proxy';

describe('isExempt', () => {
  const table: Array<[list: string, exempt: string[], others: string[]]> = [
    ['', [], ['ws://a.example', 'ws://10.0.0.1']],
    [' , ,', [], ['ws://a.example']],
    ['*', ['ws://a.example', 'wss://10.0.0.1', 'ws://[2001:db8::1]'], []],
    [
      'a.example',
      ['ws://a.example', 'ws://x.a.example', 'wss://A.example:81', 'ws://a.example.'],
      ['ws://xa.example', 'ws://example'],
    ],
    ['.a.example', ['ws://a.example', 'ws://x.a.example'], ['ws://xa.example']],
    ['*.a.example', ['ws://x.a.example', 'ws://x.y.a.example'], ['ws://xa.example']],
    ['A.Example', ['ws://a.example'], []],
    ['b.example, a.example', ['ws://a.example', 'ws://b.example'], ['ws://c.example']],
    ['b.example a.example', ['ws://a.example', 'ws://b.example'], ['ws://c.example']],
    ['a.example:81', ['ws://a.example:81', 'wss://x.a.example:81'], ['ws://a.example', 'ws://a.example:8181']],
    ['a.example:80', ['ws://a.example'], ['wss://a.example']],
    ['a.example:443', ['wss://a.example'], ['ws://a.example']],
    ['.', [], ['ws://a.example']],
    ['*.', [], ['ws://a.example']],
    ['10.0.0.1', ['ws://10.0.0.1', 'ws://10.0.0.1:81'], ['ws://10.0.0.2', 'ws://110.0.0.1', 'ws://x.10.0.0.1.example']],
    ['10.0.0.1:81', ['ws://10.0.0.1:81'], ['ws://10.0.0.1']],
    ['.0.0.1', [], ['ws://10.0.0.1']],
    ['10.0.0.0/8', ['ws://10.1.2.3'], ['ws://11.0.0.1', 'ws://a.example', 'ws://[::1:2]']],
    ['192.168.1.4/31', ['ws://192.168.1.5'], ['ws://192.168.1.6']],
    ['0.0.0.0/0', ['ws://8.8.8.8'], ['ws://[2001:db8::1]']],
    ['2001:db8::1', ['ws://[2001:db8::1]', 'ws://[2001:0db8:0::1]:81'], ['ws://[2001:db8::2]']],
    ['[2001:db8::1]', ['ws://[2001:db8::1]'], ['ws://[2001:db8::2]']],
    ['[2001:db8::1]:81', ['ws://[2001:db8::1]:81'], ['ws://[2001:db8::1]']],
    ['fd00::/8', ['ws://[fd12::1]'], ['ws://[fe80::1]', 'ws://10.0.0.1']],
    ['10.0.0.0/33, 10.0.0.0/x, /8, a/8, 10.0.0.0/-1', [], ['ws://10.0.0.1', 'ws://a']],
  ];
  for (const [list, exempt, others] of table) {
    it(`by ${JSON.stringify(list)}: ${exempt.join(' ') || 'nobody'}; not ${others.join(' ') || 'nobody'}`, () => {
      expect(exempt.filter((url) => !isExempt(new URL(url), list))).to.deep.equal([]);
      expect(others.filter((url) => isExempt(new URL(url), list))).to.deep.equal([]);
    });
  }
});
