import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { dashed, type OptionSpec } from './spec.js';
import { UsageError } from './usage.js';

/** The options that were given, by key. */
export type Given = Record<string, unknown>;

/** Checks the flags that were given, and turns their text into values. */
export function readFlags(spec: readonly OptionSpec[], flags: Given): Given {
  const given: Given = {};
  for (const option of spec) {
    const raw = flags[option.key];
    if (raw === undefined) continue;
    const value = option.read === 'number' ? readNumber(String(raw)) : raw;
    given[option.key] = checked(`--${dashed(option.key)}`, option.schema, value, raw);
  }
  return given;
}

/**
 * Reads options from a JSON file.
 *
 * @param notes keys that are allowed but are not options; they are returned unchecked
 * @throws UsageError if the file is missing, is not JSON, or has an unknown key or a wrong value; it names file and key
 */
export function readConfig(spec: readonly OptionSpec[], file: string, notes: readonly string[] = []): Given {
  const allowed = spec.filter(option => !option.flagOnly);
  const json = parseJson(file);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new UsageError(`${file} must contain one JSON object with options`);
  }
  const given: Given = {};
  for (const [key, value] of Object.entries(json)) {
    if (notes.includes(key)) {
      given[key] = value;
      continue;
    }
    const option = allowed.find(item => item.key === key);
    if (!option) {
      const names = allowed.map(item => item.key).join(', ');
      throw new UsageError(`${file}: unknown option '${key}'; the options are ${names}`);
    }
    given[key] = checked(`${file}: ${key}`, option.schema, value, value);
  }
  return given;
}

function parseJson(file: string): unknown {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  try {
    return JSON.parse(content);
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

// Number('') and Number(' ') are 0, but an empty value is a mistake.
function readNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

function checked(where: string, schema: z.ZodType, value: unknown, shown: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${where} must be ${rule(schema)}, got ${JSON.stringify(shown)}`);
}

// zod's own messages mention "input" and NaN, which means little to users of a command line.
function rule(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema);
  if (json.enum) return `${json.enum.slice(0, -1).join(', ')} or ${json.enum.at(-1)}`;
  if (json.type === 'boolean') return 'true or false';
  if (json.type === 'string') return 'a text that is not empty';
  const kind = json.type === 'integer' ? 'a whole number' : 'a number';
  if (json.exclusiveMinimum !== undefined) return `${kind} above ${json.exclusiveMinimum}`;
  return `${kind}, ${json.minimum} or more`;
}
