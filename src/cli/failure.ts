import { ExitCode } from './exit-codes';

/** An end that is told to the user in a sentence, without a stack, and to scripts by its exit code. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    message: string,
    readonly exitCode: ExitCode,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A command line that cannot be. */
export function usageFailure(message: string): Failure {
  return new Failure(message, ExitCode.Usage);
}

/** By name, not by class: each command is a bundle of its own, loaded after this. */
const exitCodesByName: Readonly<Record<string, ExitCode>> = {
  InvalidOptionError: ExitCode.Usage,
  HandshakeError: ExitCode.NotConnected,
  ConnectError: ExitCode.NotConnected,
  ConnectionClosedError: ExitCode.ConnectionLost,
  ProtocolError: ExitCode.ConnectionLost,
  InvalidPayloadError: ExitCode.ConnectionLost,
  MessageTooBigError: ExitCode.ConnectionLost,
  PolicyError: ExitCode.ConnectionLost,
  OverloadError: ExitCode.ConnectionLost,
  TimeoutError: ExitCode.ConnectionLost,
};

/** The exit code for whatever was thrown. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Failure) return error.exitCode;
  if (!(error instanceof Error)) return ExitCode.Failed;
  if ((error as { code?: unknown }).code === 'HANDSHAKE_TIMEOUT') return ExitCode.NotConnected;
  return exitCodesByName[error.name] ?? ExitCode.Failed;
}

/** Certificates that nobody vouches for, by Node's codes. */
const untrusted: readonly unknown[] = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** The sentence for whatever was thrown, with the option that helps; a stack only for what nobody expected. */
export function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof Failure) return error.message;
  if (untrusted.includes((error as { code?: unknown }).code)) {
    const sentence = error.message.replace(/ \(tls: .*$/, '');
    return `${sentence}. --cacert trusts the certificates of a file, --insecure every one.`;
  }
  return exitCodeOf(error) === ExitCode.Failed ? (error.stack ?? error.message) : error.message;
}
