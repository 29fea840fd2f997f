import type { z } from 'zod';
import { EXIT, StartupError } from './startup.js';

const PREFIX = 'SAFE_CONDUCT_';

/**
 * Reads the environment by a schema whose keys are the names of variables; an app composes it from the slices of the
 * libraries it uses (`z.object({ ...aSchema.shape, ...bSchema.shape })`). An empty variable counts as missing.
 * @throws StartupError naming the one variable that is missing, not valid, or unknown; never its value. A schema's
 * `.describe('a port from 0 to 65535')` becomes part of the sentence.
 */
export function loadConfig<T extends z.ZodObject>(
  schema: T,
  env: Readonly<Record<string, string | undefined>>,
): z.output<T> {
  const names = new Set(Object.keys(schema.shape));
  const present = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  const unknown = present.find(([name]) => name.startsWith(PREFIX) && !names.has(name));
  if (unknown !== undefined) {
    throw new StartupError(`${unknown[0]} is not a setting of this program; remove it.`, EXIT.configuration);
  }
  const given = Object.fromEntries(present.filter(([name]) => names.has(name)));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const name = String(result.error.issues[0]?.path[0] ?? 'The configuration');
  throw new StartupError(sentenceFor(name, name in given, schema.shape[name]), EXIT.configuration);
}

function sentenceFor(name: string, given: boolean, field: unknown): string {
  const described = (field as { readonly description?: string } | undefined)?.description;
  const what = described === undefined ? '' : ` It must be ${described}.`;
  return given ? `${name} is not valid.${what}` : `${name} is missing.${what}`;
}
