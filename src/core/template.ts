/** The nouns of stored templates: what a version holds, and what rendering gives and says of it. Pure types. */

import type { Json } from './message.ts';

export const templateSyntaxes = ['handlebars', 'go'] as const;
export type TemplateSyntax = (typeof templateSyntaxes)[number];

export const templateKinds = ['template', 'layout', 'partial'] as const;
/** Layouts and partials have no subject. */
export type TemplateKind = (typeof templateKinds)[number];

export const variableTypes = ['string', 'url', 'email', 'number', 'boolean', 'date', 'list', 'object'] as const;
/** `url`: http, https or mailto. `date`: RFC 3339. */
export type VariableType = (typeof variableTypes)[number];

/** Names of templates, layouts and partials. */
export const TEMPLATE_NAME = /^[a-z0-9][a-z0-9._-]{0,127}$/;

export interface TemplateVariable {
  readonly name: string;
  readonly type: VariableType;
  readonly required: boolean;
  /** Null as absent. */
  readonly default?: Json;
  readonly description?: string;
  /** What a preview shows where no value is given. */
  readonly example?: Json;
  /** It may be printed as HTML, by `{{{name}}}` or `safeHTML`. */
  readonly raw?: boolean;
}

export interface TemplateContent {
  readonly subject?: string;
  readonly html?: string;
  readonly text?: string;
  /** What a mailbox shows after the subject: text, hidden at the top of the HTML. */
  readonly preheader?: string;
}

export interface TemplateDefinition extends TemplateContent {
  readonly name: string;
  readonly kind: TemplateKind;
  readonly syntax: TemplateSyntax;
  readonly category?: string;
  readonly description?: string;
  /** Name of the layout around it. */
  readonly layout?: string;
  /** `html` is MJML. */
  readonly mjml?: boolean;
  readonly variables: readonly TemplateVariable[];
  /** Content by locale, such as `de` or `fr-CA`; what one lacks is the template's own. */
  readonly locales: Readonly<Record<string, TemplateContent>>;
}

/** What a name means to the template that is looked at: a layout or partial of its tenant, else a shared one. */
export type TemplateLibrary = (name: string) => TemplateDefinition | undefined;

export type TemplateVariables = Readonly<Record<string, Json>>;

/** How a tenant looks: its setting `branding`. */
export interface Branding {
  readonly logoUrl?: string | undefined;
  readonly colors?:
    | {
        readonly primary?: string | undefined;
        readonly background?: string | undefined;
        readonly text?: string | undefined;
      }
    | undefined;
  readonly company?: string | undefined;
  readonly address?: string | undefined;
  readonly supportEmail?: string | undefined;
  readonly footer?: string | undefined;
  /** Name to URL, such as `mastodon`. */
  readonly social?: Readonly<Record<string, string>> | undefined;
}

/** What messages are rendered from: a version with its layouts and partials, and the branding, as they were when one was accepted. */
export interface TemplateSnapshot {
  readonly definition: TemplateDefinition;
  readonly library: readonly TemplateDefinition[];
  readonly brand: Branding;
}

/** What a template sees as `system`. */
export interface TemplateSystem {
  /** RFC 3339. */
  readonly now: string;
  readonly messageId?: string;
  /** Slug. */
  readonly tenant?: string;
  /** Address of the first recipient. */
  readonly recipient?: string;
  readonly unsubscribeUrl?: string;
  readonly preferencesUrl?: string;
  readonly viewUrl?: string;
  /** Where who gets it says that it is looked after. */
  readonly acknowledgeUrl?: string;
}

/** Why a template is not stored. */
export interface TemplateFault {
  /** Such as `html`, `locales.de.subject`, `layout`, `variables.0.name`. */
  readonly path: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

/** What its author should look at; it does not keep a template from being used. */
export interface TemplateWarning {
  readonly code: string;
  readonly message: string;
  /** Of `html`. */
  readonly line?: number;
}

/** All that rendering needs; it can be handed to a thread. */
export interface TemplateInput {
  readonly definition: TemplateDefinition;
  /** The layouts and partials that it uses, and those that these use. */
  readonly library: readonly TemplateDefinition[];
  readonly variables: TemplateVariables;
  /** Absent: the template's own content. */
  readonly locale?: string;
  readonly brand?: Branding;
  readonly system: TemplateSystem;
  /** It becomes no mail: its text alone is rendered, with its values marked (`core/marked-text.ts`). */
  readonly isMarked?: true;
}

export interface TemplatePreview {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly warnings: readonly TemplateWarning[];
  /** Of the HTML in UTF-8. */
  readonly sizeBytes: number;
}
