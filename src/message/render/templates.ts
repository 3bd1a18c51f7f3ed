/**
 * Handlebars for content that callers send (seed 001 §8): a missing variable prints nothing, what is not used is ignored.
 * A template sees its variables' own members and five helpers, and stops at the limits of `limits.ts`.
 */

import Handlebars from 'handlebars';
import type { Json } from '../../core/message.ts';
import { handlebarsFault } from '../templates/handlebars/fault.ts';
import type { RenderLimits } from './limits.ts';
import { TemplateError } from './template-error.ts';
import { countNodes, helperNames, PRINT, PRINT_ESCAPED, readTemplate } from './template-tree.ts';

/** A member may be computed when it is looked at. */
export type Variables = Readonly<Record<string, Json>>;

export interface Templates {
  /** Escapes what `{{…}}` prints for HTML. Throws a TemplateError. */
  renderHtml(source: string, variables: Variables): string;
  /** Prints everything as it is. Throws a TemplateError. */
  renderText(source: string, variables: Variables): string;
}

interface Compiled {
  readonly run: (variables: Variables, options: Handlebars.RuntimeOptions) => string;
  /** What it holds in memory. */
  readonly bytes: number;
}

/** Said outright, because Handlebars writes a line to the console wherever these are left open. */
const OWN_MEMBERS_ONLY = { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false };

export function createTemplates(limits: RenderLimits): Templates {
  const budget = createBudget(limits);
  const handlebars = createHandlebars(budget);
  const renderer = (forHtml: boolean) => {
    const compile = createCache(limits.cachedBytes, (source) => {
      const knownHelpers = Object.fromEntries([...helperNames, PRINT, PRINT_ESCAPED].map((name) => [name, true]));
      const tree = readTemplate(source, { forHtml, limits });
      const run = handlebars.compile<Variables>(tree, { noEscape: true, knownHelpers, knownHelpersOnly: true });
      return { run, bytes: bytesHeldBy(source, tree) };
    });
    return (source: string, variables: Variables) => {
      if (!source.includes('{{')) return source;
      budget.reset();
      return reasoned(() => compile(source).run(variables, OWN_MEMBERS_ONLY));
    };
  };
  return { renderHtml: renderer(true), renderText: renderer(false) };
}

interface Budget {
  reset(): void;
  step(): void;
  /** Gives the text back. */
  produced(text: string): string;
}

function createBudget({ maxSteps, maxOutputLength }: RenderLimits): Budget {
  let steps = 0;
  let length = 0;
  return {
    reset() {
      steps = 0;
      length = 0;
    },
    step() {
      if (++steps > maxSteps) throw new TemplateError(`takes more than ${maxSteps} steps`);
    },
    produced(text) {
      length += text.length;
      if (length > maxOutputLength) throw new TemplateError(`gives more than ${maxOutputLength} characters`);
      return text;
    },
  };
}

function createHandlebars(budget: Budget): typeof Handlebars {
  const handlebars = Handlebars.create();
  handlebars.unregisterHelper('log');
  const builtIn = (name: string): Handlebars.HelperDelegate => {
    const helper = handlebars.helpers[name];
    if (helper === undefined) throw new Error(`Handlebars has no helper ${name}`);
    return helper;
  };
  for (const name of ['if', 'unless', 'with', 'lookup', 'blockHelperMissing']) {
    const original = builtIn(name);
    handlebars.registerHelper(name, function (this: unknown, ...args: unknown[]) {
      budget.step();
      // The last one holds the options; the other helpers count theirs themselves.
      if (name === 'lookup' && args.length !== 3) {
        throw new TemplateError('lookup takes a value and a name or number in it, such as {{lookup names 0}}');
      }
      return Reflect.apply(original, this, args);
    });
  }
  const each = builtIn('each');
  handlebars.registerHelper('each', function (this: unknown, ...args: unknown[]) {
    budget.step();
    const options = args.at(-1) as Handlebars.HelperOptions;
    const fn: Handlebars.TemplateDelegate = (context, runtime) => {
      budget.step();
      return budget.produced(options.fn(context, runtime));
    };
    return Reflect.apply(each, this, [...args.slice(0, -1), { ...options, fn }]);
  });
  const print = (value: unknown): string => {
    budget.step();
    return value === undefined || value === null ? '' : String(value);
  };
  handlebars.registerHelper(PRINT, (value: unknown) => budget.produced(print(value)));
  handlebars.registerHelper(PRINT_ESCAPED, (value: unknown) =>
    budget.produced(Handlebars.escapeExpression(print(value))),
  );
  return handlebars;
}

/** Measured after the first use, tree and code together: 300 to 950 bytes for each node of the tree. */
const BYTES_A_NODE = 1024;

function bytesHeldBy(source: string, tree: hbs.AST.Program): number {
  return 2 * source.length + BYTES_A_NODE * countNodes(tree);
}

/** Keeps what was used last, up to what all of them hold together. */
function createCache(maxBytes: number, compile: (source: string) => Compiled): (source: string) => Compiled {
  const cached = new Map<string, Compiled>();
  let bytes = 0;
  return (source) => {
    const found = cached.get(source);
    const compiled = found ?? compile(source);
    if (found === undefined) bytes += compiled.bytes;
    else cached.delete(source);
    cached.set(source, compiled);
    for (const [oldest, held] of cached) {
      if (bytes <= maxBytes) break;
      cached.delete(oldest);
      bytes -= held.bytes;
    }
    return compiled;
  };
}

/** Whatever a template throws is the template's or the variables' doing, and would be thrown again. */
function reasoned(work: () => string): string {
  try {
    return work();
  } catch (error) {
    if (error instanceof TemplateError) throw error;
    if (!(error instanceof Error)) throw error;
    // What the language itself throws is in words about our code.
    if (error.name !== 'Error') {
      throw new TemplateError('uses a value in a way that the value does not allow, such as an object as a text');
    }
    const { reason, line } = handlebarsFault(error.message);
    throw new TemplateError(reason, line);
  }
}
