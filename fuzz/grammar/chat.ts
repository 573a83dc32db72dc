import type { Random } from '../random';

const rooms = [
  'a',
  'b',
  'general',
  '',
  'x'.repeat(300),
  '\u0000',
  '\u202e',
  '__proto__',
  'constructor',
  ' ',
  '😀',
  '\ud800',
  '"',
  '\\',
];
const odd = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  [],
  {},
  [1],
  { a: 1 },
  '',
  '\u2028',
  'x'.repeat(100),
  'x'.repeat(5000),
  '\udfff',
];

/** Words of the chat protocol, for mutations. */
export const chatWords = [
  '"type":"join"',
  '"type":"leave"',
  '"type":"message"',
  '"type":"history"',
  '"room":"a"',
  '"text":"x"',
  '"name":"Ann"',
  '"id":1',
  '"since":',
  '"before":{"epoch":"x","offset":1}',
  '"limit":2',
  '"key":"key-00001"',
  '"data":',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  'null',
  'true',
  '1e999',
  '-0',
  '"',
  '\\u0000',
  '\\ud800',
  '"__proto__":',
  '"constructor":',
  '"toString"',
  '\\',
  '{"type":"message","text":"hi"}',
];

/** Arrays in each other. */
function deep(depth: number): unknown {
  let data: unknown = 1;
  for (let i = 0; i < depth; i++) data = [data];
  return data;
}

/** What a client of the chat may send: a request, or nearly one. */
export function chatRequest(random: Random): string {
  const some = (usual: () => unknown) => (random.oneIn(16) ? random.pick(odd) : usual());
  const request: Record<string, unknown> = {
    type: some(() => random.pick(['join', 'join', 'leave', 'message', 'message', 'message', 'history', 'typing'])),
  };
  if (!random.oneIn(3))
    request.room = some(() => (random.oneIn(4) ? random.pick(rooms) : random.pick(['a', 'b', 'c', 'd'])));
  if (random.oneIn(2)) request.text = some(() => 'x'.repeat(random.oneIn(20) ? 5000 : random.below(20)));
  if (random.oneIn(3)) request.name = some(() => random.pick(['Ann', 'Bob', ' ', ' Eve ', 'x'.repeat(70), '\u0007']));
  if (random.oneIn(3)) request.id = some(() => random.pick([1, 'id', '', 'x'.repeat(70), -0, 1e21]));
  if (random.oneIn(4))
    request.key = some(() => random.pick(['key-00001', 'key-00002', 'key', 'a.b.c.d.e', '_'.repeat(65)]));
  if (random.oneIn(6)) request.data = random.oneIn(8) ? deep(random.pick([3, 99, 100, 101, 2000])) : random.pick(odd);
  if (random.oneIn(8)) request.limit = some(() => random.pick([1, 2, 100, 0, -1, 0.5]));
  if (random.oneIn(8)) request.before = some(() => ({ epoch: random.pick(['x', '']), offset: random.below(4) }));
  if (random.oneIn(6))
    request.since = some(() => ({
      epoch: random.pick(['x', '', 'y'.repeat(70)]),
      offset: random.pick([0, 1, -1, 0.5, 2 ** 53]),
    }));
  if (random.oneIn(20)) return random.pick(['', '{', '[]', 'null', '"x"', '1', '{"type":"join"', '\ufeff{}']);
  const text = JSON.stringify(request);
  return random.oneIn(30) ? text.replace('{', '{"__proto__":{"room":"a"},"constructor":1,') : text;
}
