import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';

/** What a validator makes of a value: it, perhaps changed, or what is wrong with it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value, and where in it. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A schema of any validator that keeps to Standard Schema, version 1: those of zod, valibot, arktype and others. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** @throws InvalidOptionError for what is no Standard Schema */
export function checkSchema(schema: unknown): void {
  const standard = (schema as Partial<StandardSchema> | null | undefined)?.['~standard'];
  if (typeof standard?.validate === 'function' && standard.version === 1) return;
  throw new InvalidOptionError(
    `Option 'schema' must be a Standard Schema (zod from 3.24, valibot from 1.0, arktype from 2.0, …), not ${describe(schema)}`,
  );
}

/** As many of the things that are wrong as an answer repeats, and as much of each: some quote the value that is wrong. */
const maxIssues = 5;
const maxWords = 200;

/** What is wrong with a value, in words. */
function faultOf(issues: readonly SchemaIssue[]): string {
  const faults = issues.slice(0, maxIssues).map(({ message, path }) => {
    const place = (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
    return place === '' ? shortened(message) : `${shortened(place)}: ${shortened(message)}`;
  });
  const more = issues.length > maxIssues ? ` (and ${issues.length - maxIssues} more)` : '';
  return `The data of this message does not fit: ${faults.join('; ')}${more}`;
}

function shortened(words: unknown): string {
  const text = String(words);
  return text.length <= maxWords ? text : `${text.slice(0, maxWords)}…`;
}

/** What a validator says of a message's data: what the schema made of it, or what is wrong, in words. */
export type SchemaVerdict = { readonly value: unknown; readonly fault?: undefined } | { readonly fault: string };

/** @throws InvalidOptionError for what no validator that keeps to Standard Schema returns */
export function verdictOf(result: unknown): SchemaVerdict {
  if (typeof result === 'object' && result !== null) {
    const { issues } = result as SchemaResult<unknown>;
    if (Array.isArray(issues)) return { fault: faultOf(issues) };
    if (issues === undefined && 'value' in result) return { value: result.value };
  }
  throw new InvalidOptionError(
    `The validator of the option 'schema' must return { value } or { issues }, not ${describe(result)}`,
  );
}
