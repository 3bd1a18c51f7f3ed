/** A request as the calls of the API see it, whatever carries it. */

export interface ApiRequest {
  readonly method: string;
  readonly url: string;
  /** It came over TLS, to this listener. */
  readonly secure: boolean;
  /** Where it came from: an address, or `local`. */
  readonly source: string;
  header(name: string): string | undefined;
  /** A part of the path. */
  param(name: string): string | undefined;
  /** Aborts when the daemon stops; absent where nothing stops before the call ends. */
  readonly stopping: AbortSignal | undefined;
  /** Ends the connection; absent where there is none. */
  readonly disconnect: (() => void) | undefined;
}
