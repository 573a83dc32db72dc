/**
 * Bytes as strings, as they come.
 *
 * @throws TypeError with Node's code ERR_ENCODING_INVALID_ENCODED_DATA for what is not UTF-8
 */
export async function* textPieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for await (const chunk of source) {
    const text = decoder.decode(chunk, { stream: true });
    if (text !== '') yield text;
  }
  const rest = decoder.decode();
  if (rest !== '') yield rest;
}
