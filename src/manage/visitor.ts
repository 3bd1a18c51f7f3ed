/** Where somebody signs in from. */
export interface Visitor {
  readonly source: string;
  readonly requestId: string;
  readonly agent: string | undefined;
}
