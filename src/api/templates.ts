/** Stored templates: what a tenant, or the operator for all of them, keeps of subjects, HTML and texts. */

import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import type { Json } from '../core/message.ts';
import { type TemplatePreview, templateKinds } from '../core/template.ts';
import { tenantUnclear } from '../core/tenant-unclear.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { mailAddress } from '../manage/fields.ts';
import {
  hasRoom,
  localeName,
  templateBody,
  templateFields,
  templateName,
  toDefinition,
} from '../manage/template-schema.ts';
import { MAX_TEMPLATES } from '../manage/templates.ts';
import { acceptedAnswers } from './accept-one.ts';
import type { AppDeps } from './deps.ts';
import { filterText } from './filter-text.ts';
import { cursorField, limitField } from './paging.ts';
import { FRAME_HEADERS } from './preview.ts';
import { json, noContent, ofType } from './reply.ts';
import {
  type Call,
  type ForTenantOrAll,
  jsonBody,
  publicPage,
  type Route,
  tenantAction,
  tenantOrAllAction,
  tenantOrAllRoute,
} from './route.ts';
import { listOf, pageOf } from './shapes.ts';
import { diffTemplates, templateDiffShape } from './template-diff.ts';
import { createTemplateFrames, FRAMES } from './template-frames.ts';
import {
  previewView,
  templateFaultsShape,
  templateFaultView,
  templatePreviewShape,
  templateRowShape,
  templateRowView,
  templateShape,
  templateVersionShape,
  templateView,
  versionRowView,
} from './template-views.ts';
import { acceptedView } from './views.ts';

const shared = z
  .boolean()
  .default(false)
  .describe('Of the operator, for every tenant that has none of this name. Wants an operator’s key.');
const sharedQuery = z.stringbool().default(false).describe('The operator’s own, which is for every tenant');
const publish = z.boolean().default(true).describe('`false`: messages are made with the version that is published now');
const variables = z.record(z.string(), z.unknown()).optional();
const versionNumber = z.int().min(1);
/** In a query it is text. */
const versionText = z.coerce.number().int().min(1);

const force = z
  .boolean()
  .default(false)
  .describe('Also where templates that are made with it could not be rendered any more');
const added = z
  .strictObject({ ...templateBody.shape, shared, publish, force })
  .refine(hasRoom, 'has too many characters');
const changed = z
  .strictObject({ name: templateName.optional(), ...templateFields, shared, publish, force })
  .refine(hasRoom, 'has too many characters');

const example = {
  name: 'user-invitation',
  subject: 'Welcome to {{CompanyName}}, {{UserName}}!',
  html: '<p>Hello {{UserName}}, <a href="{{InviteLink}}">join {{CompanyName}}</a>.</p>',
  variables: [
    { name: 'UserName', type: 'string', required: true, example: 'John Doe' },
    { name: 'CompanyName', type: 'string', required: true, example: 'Example Ltd' },
    { name: 'InviteLink', type: 'url', required: true, example: 'https://example.com/join' },
  ],
};

export function templateRoutes(deps: AppDeps): readonly Route[] {
  return [...changing(deps), ...showing(deps), ...trying(deps)];
}

/** Whose templates a call is about. Undefined: the shared ones. */
async function ownerOf(
  { directory }: Pick<AppDeps, 'directory'>,
  { principal, tenant }: ForTenantOrAll,
  isShared: boolean,
): Promise<Tenant | undefined> {
  if (isShared) {
    if (principal.kind === 'operator') return undefined;
    throw new IepError('forbidden', 'What is shared belongs to the operator; this needs a key with the scope operator');
  }
  if (tenant !== undefined) return tenant;
  const [only, second] = await directory.all();
  if (only !== undefined && second === undefined) return only;
  throw tenantUnclear({ isNone: only === undefined });
}

/** The same for what only shows: an operator who names no tenant of several sees what is shared. */
async function readerOf(deps: Pick<AppDeps, 'directory'>, call: ForTenantOrAll, isShared: boolean) {
  if (!isShared && call.tenant === undefined && (await deps.directory.all()).length !== 1) return undefined;
  return ownerOf(deps, call, isShared);
}

function idOf(tenant: Tenant | undefined): { readonly tenantId?: string } {
  return tenant === undefined ? {} : { tenantId: tenant.id };
}

function changing(deps: AppDeps): readonly Route[] {
  const { manage } = deps;
  return [
    tenantOrAllAction('template.add', {
      method: 'POST',
      path: '/v1/templates',
      summary: 'Store a template: its version 1',
      body: { ...jsonBody(added), example },
      answers: { 201: { description: 'The template', schema: templateShape } },
      async handle(call) {
        const { shared: isShared, publish: publishes, force: forced, ...said } = call.body;
        const tenant = await ownerOf(deps, call, isShared);
        const made = await manage.templates.add(call.caller, {
          ...{ tenant, definition: toDefinition(said), publish: publishes, force: forced },
        });
        return json(templateView(made), 201);
      },
    }),
    tenantOrAllAction('template.set', {
      method: 'PUT',
      path: '/v1/templates/:name',
      summary: 'Make a new version of a template; the same content again makes none',
      body: { ...jsonBody(changed), example: { ...example, name: undefined } },
      answers: { 200: { description: 'The template with that version', schema: templateShape } },
      async handle(call) {
        const name = call.param('name');
        const { shared: isShared, publish: publishes, force: forced, name: said = name, ...rest } = call.body;
        if (said !== name)
          throw new IepError('invalid_request', 'A template keeps its name', {
            errors: [{ path: 'name', message: `is ${name}` }],
          });
        const tenant = await ownerOf(deps, call, isShared);
        const definition = toDefinition({ ...rest, name });
        const given = { tenant, definition, publish: publishes, force: forced };
        const { isNew, ...made } = await manage.templates.put(call.caller, given);
        call.note({ isNew });
        return json(templateView(made));
      },
    }),
    tenantOrAllAction('template.publish', {
      method: 'POST',
      path: '/v1/templates/:name/publish',
      summary: 'Make messages with another version of a template, newer or older',
      body: jsonBody(z.strictObject({ version: versionNumber, shared, force })),
      answers: { 200: { description: 'The template with that version', schema: templateShape } },
      async handle(call) {
        const { version, shared: isShared, force: forced } = call.body;
        const tenant = await ownerOf(deps, call, isShared);
        const named = { tenant, name: call.param('name'), version, force: forced };
        return json(templateView(await manage.templates.publish(call.caller, named)));
      },
    }),
    tenantOrAllAction('template.remove', {
      method: 'DELETE',
      path: '/v1/templates/:name',
      summary: 'Remove a template with its versions',
      query: z.strictObject({
        force: z
          .stringbool()
          .default(false)
          .describe(
            'Also while open messages use it, which are sent as they would have been, and where templates that are made with it could not be rendered with the shared one of its name',
          ),
        shared: sharedQuery,
      }),
      answers: { 204: { description: 'It is gone' } },
      async handle(call) {
        const { force: forced, shared: isShared } = call.query;
        const tenant = await ownerOf(deps, call, isShared);
        await manage.templates.remove(call.caller, { tenant, name: call.param('name'), force: forced });
        return noContent();
      },
    }),
    tenantAction('template.test', {
      method: 'POST',
      path: '/v1/templates/:name/test',
      summary: 'Send a template to somebody now, marked as a test, from the default sender of the tenant',
      body: jsonBody(
        z.strictObject({
          to: mailAddress,
          variables: variables.describe('Of those that are left out, the examples'),
          locale: localeName.optional(),
          version: versionNumber.optional(),
        }),
      ),
      answers: acceptedAnswers,
      async handle({ caller, tenant, body, param, gone }) {
        const accepted = await manage.templates.test(
          caller,
          { ...body, variables: asJson(body.variables), tenant, name: param('name') },
          gone,
        );
        return json(acceptedView(accepted), 202);
      },
    }),
  ];
}

function showing(deps: AppDeps): readonly Route[] {
  const { store } = deps;
  const find = async (call: Call<{ shared: boolean }> & ForTenantOrAll, version?: number) => {
    const tenant = await readerOf(deps, call, call.query.shared);
    const name = call.param('name');
    const found = await store.templates.get({ ...idOf(tenant), name, ...(version !== undefined && { version }) });
    if (found === undefined) throw noTemplate(name, version);
    return found;
  };
  return [
    tenantOrAllRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/templates',
      summary: 'List templates by name: those of the tenant, and the shared ones that none of these hides',
      query: z.strictObject({
        kind: z.enum(templateKinds).optional(),
        category: filterText.optional(),
        q: filterText.optional().describe('Part of the name'),
        shared: sharedQuery,
        limit: limitField,
        cursor: cursorField,
      }),
      answers: { 200: { description: 'A page', schema: pageOf(templateRowShape) } },
      async handle(call) {
        const { kind, category, q, limit, cursor, shared: isShared } = call.query;
        const tenant = await readerOf(deps, call, isShared);
        const filter = {
          ...(kind !== undefined && { kind }),
          ...(category !== undefined && { category }),
          ...(q !== undefined && { q: q.toLowerCase() }),
        };
        const page = await store.templates.list({
          ...idOf(tenant),
          filter,
          limit,
          ...(cursor !== undefined && { cursor }),
        });
        return json({ items: page.items.map(templateRowView), cursor: page.cursor ?? null });
      },
    }),
    tenantOrAllRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/templates/:name',
      summary: 'A template as it is published, else its last version',
      query: z.strictObject({ shared: sharedQuery }),
      answers: { 200: { description: 'The template', schema: templateShape } },
      handle: async (call) => json(templateView(await find(call))),
    }),
    tenantOrAllRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/templates/:name/versions',
      summary: 'The versions of a template, newest first',
      query: z.strictObject({ shared: sharedQuery }),
      answers: { 200: { description: 'The versions that are kept', schema: listOf(templateVersionShape) } },
      async handle(call) {
        const tenant = await readerOf(deps, call, call.query.shared);
        const name = call.param('name');
        const found = await store.templates.versions({ ...idOf(tenant), name });
        if (found === undefined) throw noTemplate(name);
        return json({ items: found.map(versionRowView) });
      },
    }),
    tenantOrAllRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/templates/:name/diff',
      summary: 'What differs between two versions of a template, line by line',
      query: z.strictObject({
        from: versionText.optional().describe('Left out: the one before `to`'),
        to: versionText.optional().describe('Left out: the last one'),
        shared: sharedQuery,
      }),
      answers: { 200: { description: 'The fields that differ', schema: templateDiffShape } },
      async handle(call) {
        const { to: last = (await find(call)).latest, from = Math.max(1, last - 1) } = call.query;
        const [before, after] = [await find(call, from), await find(call, last)];
        const fields = diffTemplates(before.definition, after.definition);
        return json({ name: after.name, from, to: last, fields });
      },
    }),
    tenantOrAllRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/templates/:name/versions/:n',
      summary: 'One version of a template',
      query: z.strictObject({ shared: sharedQuery }),
      answers: { 200: { description: 'The template with that version', schema: templateShape } },
      async handle(call) {
        const number = /^[1-9]\d{0,8}$/.exec(call.param('n'));
        if (number === null) throw noTemplate(call.param('name'), call.param('n'));
        return json(templateView(await find(call, Number(number[0]))));
      },
    }),
  ];
}

function trying(deps: AppDeps): readonly Route[] {
  const { manage } = deps;
  const frames = createTemplateFrames(deps);
  const input = { variables: variables.describe('Left out: the examples'), locale: localeName.optional() };
  const query = z.strictObject({
    frame: z
      .stringbool()
      .default(false)
      .describe('`true`: `frame` is the path of its HTML, made harmless, for a sandboxed frame'),
  });
  const answers = { 200: { description: 'Subject, HTML, text and warnings', schema: templatePreviewShape } };
  const shown = (preview: TemplatePreview, { frame }: { frame: boolean }, tenant: Tenant | undefined) =>
    json({ ...previewView(preview), ...(frame && { frame: frames.open(tenant?.id ?? '', preview.html) }) });
  return [
    tenantOrAllRoute(['read', 'admin'], {
      method: 'POST',
      path: '/v1/templates/:name/preview',
      summary: 'A template as a message would look, and what is to be said against it',
      query,
      body: jsonBody(z.strictObject({ ...input, version: versionNumber.optional(), shared }), { required: false }),
      answers,
      async handle(call) {
        const { variables: values, locale, version, shared: isShared } = call.body;
        const tenant = await readerOf(deps, call, isShared);
        const named = { tenant, name: call.param('name'), version, locale, variables: asJson(values) };
        return shown(await manage.templates.preview(named), call.query, tenant);
      },
    }),
    tenantOrAllRoute(['read', 'admin'], {
      method: 'POST',
      path: '/v1/templates/preview',
      summary: 'The same of a template that is not stored',
      query,
      body: {
        ...jsonBody(z.strictObject({ template: templateBody, ...input, shared })),
        example: { template: example },
      },
      answers,
      async handle(call) {
        const { template, variables: values, locale, shared: isShared } = call.body;
        const tenant = await readerOf(deps, call, isShared);
        const given = { tenant, definition: toDefinition(template), locale, variables: asJson(values) };
        return shown(await manage.templates.previewOf(given), call.query, tenant);
      },
    }),
    tenantOrAllRoute(['read', 'admin'], {
      method: 'POST',
      path: '/v1/templates/check',
      summary: 'What would be wrong if these templates were stored together; nothing is stored',
      body: {
        ...jsonBody(
          z.strictObject({ templates: z.array(templateBody).min(1).max(MAX_TEMPLATES), shared, publish, force }),
        ),
        example: { templates: [example] },
      },
      answers: {
        200: { description: 'All faults, and none where all of it may be stored', schema: templateFaultsShape },
      },
      async handle(call) {
        const { templates, shared: isShared, publish: publishes, force: forced } = call.body;
        const tenant = await readerOf(deps, call, isShared);
        const definitions = templates.map(toDefinition);
        const faults = await manage.templates.check({ tenant, definitions, publish: publishes, force: forced });
        return json({ faults: faults.map(templateFaultView) });
      },
    }),
    publicPage({
      method: 'GET',
      path: `${FRAMES}/:token`,
      summary: 'The HTML of a preview, made harmless, by the address that the preview gave for its frame',
      query: z.strictObject({ scheme: z.enum(['light', 'dark']).default('light') }),
      answers: { 200: { description: 'A page that runs nothing, under a policy of its own', type: 'text/html' } },
      async handle({ param, query: { scheme } }) {
        const body = await frames.page(param('token'), scheme);
        return { ...ofType({ type: 'text/html; charset=utf-8', body }), headers: FRAME_HEADERS };
      },
    }),
  ];
}

/** The body was JSON, so what its free-form members hold is. */
function asJson(values: Record<string, unknown> | undefined): { readonly [name: string]: Json } | undefined {
  return values as { readonly [name: string]: Json } | undefined;
}

function noTemplate(name: string, version?: number | string): IepError {
  return new IepError(
    'not_found',
    version === undefined ? `No template is called ${name}` : `No template ${name} has a version ${version}`,
  );
}
