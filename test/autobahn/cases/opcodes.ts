import { frame, ping, text } from '../../protocol/support/frames';
import { said } from '../../protocol/support/recorder';
import { type Chapter, type Chop, failed, send } from './autobahn-case';

const hello = 'Hello, world!';

const alone = (number: string, opcode: number, payload: string) =>
  failed(number, 1002, `opcode ${opcode} ${payload === '' ? 'without' : 'with'} payload is refused`, [
    send('together', frame(opcode, payload)),
  ]);

/** A good message, the reserved opcode, and a ping that must not be answered any more. */
const between = (number: string, opcode: number, payload: string, chop: Chop = 'together') =>
  failed(
    number,
    1002,
    `opcode ${opcode} ${payload === '' ? 'without' : 'with'} payload is refused after a text has come back, ` +
      `and the ping behind is not answered${chop === 1 ? ', octet by octet' : ''}`,
    [send(chop, text(hello), frame(opcode, payload), ping())],
    said.text(hello),
  );

export const opcodes: Chapter = {
  title: '4 Opcodes',
  cases: [
    alone('4.1.1', 3, ''),
    alone('4.1.2', 4, 'reserved opcode payload'),
    between('4.1.3', 5, ''),
    between('4.1.4', 6, hello),
    between('4.1.5', 7, hello, 1),
    alone('4.2.1', 11, ''),
    alone('4.2.2', 12, 'reserved opcode payload'),
    between('4.2.3', 13, ''),
    between('4.2.4', 14, hello),
    between('4.2.5', 15, hello, 1),
  ],
};
