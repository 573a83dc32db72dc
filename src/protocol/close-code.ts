/** Why a connection ended (RFC 6455, section 7.4.1, and the IANA registry for 1012 to 1014). */
export const CloseCode = {
  /** The purpose of the connection has been fulfilled. */
  NormalClosure: 1000,
  /** A server goes down, or a browser leaves the page. */
  GoingAway: 1001,
  /** The peer broke a rule of the protocol. */
  ProtocolError: 1002,
  /** The endpoint cannot take this kind of data, as binary where it understands only text. */
  UnsupportedData: 1003,
  /** Never on the wire: the peer's close frame carried no code. */
  NoStatusReceived: 1005,
  /** Never on the wire: the transport ended without a close frame. */
  AbnormalClosure: 1006,
  /** A text message or a close reason was not UTF-8. */
  InvalidPayload: 1007,
  /** A rule of the application was broken, or of its limits. */
  PolicyViolation: 1008,
  /** A message was larger than the endpoint takes. */
  MessageTooBig: 1009,
  /** The client wanted an extension that the server did not choose. */
  MandatoryExtension: 1010,
  /** The server met an unexpected condition. */
  InternalError: 1011,
  /** The server restarts: reconnect, after a random delay. */
  ServiceRestart: 1012,
  /** The server is overloaded: reconnect later. */
  TryAgainLater: 1013,
  /** A gateway got an invalid response from its upstream. */
  BadGateway: 1014,
  /** Never on the wire: the TLS handshake failed. */
  TlsHandshake: 1015,
} as const;

/** A code of the table above, or one of the ranges 3000–3999 (registered) and 4000–4999 (the application's own). */
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/**
 * True for the codes that a close frame may carry (RFC 6455, section 7.4): the defined ones except the three that only
 * stand for what did not arrive, then 3000–4999. The same rule holds for what we send and what we accept.
 */
export function isSendableCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

const names = new Map<number, string>(Object.entries(CloseCode).map(([name, code]) => [code, spaced(name)]));

/** The code's name as a sentence says it: `going away`, `application 4001`. */
export function closeCodeName(code: number): string {
  const name = names.get(code);
  if (name !== undefined) return name;
  if (code >= 4000 && code <= 4999) return 'application';
  return code >= 3000 && code <= 3999 ? 'registered' : 'unknown';
}

function spaced(name: string): string {
  return name.replace(/\B[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}
