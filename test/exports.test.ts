import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import * as source from '../src';

/** The public names that exist at run time. A name more or less is a decision, to be made here. */
const names = [
  'AdapterError',
  'ChatServer',
  'CloseCode',
  'CloseEvent',
  'ConnectError',
  'ConnectionClosedError',
  'FrameParser',
  'HandshakeError',
  'Hub',
  'InvalidOptionError',
  'InvalidPayloadError',
  'InvalidStateError',
  'MemoryBroker',
  'MessageTooBigError',
  'Opcode',
  'OverloadError',
  'PolicyError',
  'ProtocolError',
  'ReadyState',
  'Switchboard',
  'TimeoutError',
  'WebSocket',
  'WebSocketBuilder',
  'WebSocketConnection',
  'WebSocketError',
  'WebSocketFrame',
  'WebSocketHandshake',
  'bearerToken',
  'connect',
  'dashboard',
  'memoryAdapter',
  'publisher',
  'rooms',
  'serveHttp2',
  'switchboard',
  'tickets',
  'toDuplex',
  'upgrade',
];

/** Runs a program beside the built package, which it may import by its name. */
function run(type: 'module' | 'commonjs', program: string): string {
  const args = [`--input-type=${type}`, '--eval', program];
  return execFileSync(process.execPath, args, { cwd: path.join(__dirname, '..'), encoding: 'utf8' });
}

describe('exports', () => {
  it('are these names', () => {
    expect(Object.keys(source).sort()).to.deep.equal([...names].sort());
  });

  it('are the same objects by import and by require', () => {
    const program = `
      import { createRequire } from 'node:module';
      import * as imported from 'switchboard';
      const required = createRequire(import.meta.url)('switchboard');
      const names = Object.keys(required).sort();
      const same = names.every((name) => imported[name] === required[name]);
      console.log(JSON.stringify({ names, same }));`;
    expect(JSON.parse(run('module', program))).to.deep.equal({ names: [...names].sort(), same: true });
  });

  it('load nothing but modules of Node', () => {
    const program = `
      require('switchboard');
      console.log(JSON.stringify(Object.keys(require.cache).filter((file) => file.includes('node_modules'))));`;
    expect(JSON.parse(run('commonjs', program))).to.deep.equal([]);
  });
});
