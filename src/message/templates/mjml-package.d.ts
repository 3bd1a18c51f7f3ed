/** mjml has no types of its own; this is what is used of it. */
declare module 'mjml' {
  interface MjmlOutput {
    readonly html: string;
    readonly errors: readonly { readonly message: string; readonly line?: number }[];
  }
  export default function mjml2html(
    source: string,
    options: { readonly validationLevel: 'soft'; readonly ignoreIncludes: boolean },
  ): Promise<MjmlOutput> | MjmlOutput;
}
