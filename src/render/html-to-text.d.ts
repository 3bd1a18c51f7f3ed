/** The part of html-to-text that is used here; the package brings no types. */
declare module 'html-to-text' {
  export interface Options {
    readonly wordwrap?: false | number;
    readonly limits?: { readonly maxDepth?: number; readonly ellipsis?: string };
    readonly selectors?: readonly {
      readonly selector: string;
      readonly format?: string;
      readonly options?: Readonly<Record<string, unknown>>;
    }[];
  }
  export function compile(options: Options): (html: string) => string;
}
