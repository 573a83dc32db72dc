/** Within a `describe`: what is printed as a mistake during each test, in place of the console. */
export function recordMistakes(): readonly unknown[] {
  const { error: real } = console;
  const mistakes: unknown[] = [];
  beforeEach(() => {
    mistakes.length = 0;
    console.error = (mistake: unknown) => mistakes.push(mistake);
  });
  afterEach(() => {
    console.error = real;
  });
  return mistakes;
}
