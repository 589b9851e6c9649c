import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { ELEMENT_TYPES } from './values.js';

/** The reserved name of the file's table of strings. */
export const METADATA = '__metadata__';

/** The largest size of the JSON header that the format allows, in bytes. */
export const MAX_HEADER = 100_000_000;

/** Type, shape and position of a tensor in a file. */
export interface Entry {
  name: string;
  /** Name of the element type in the file: a key of {@link ELEMENT_TYPES}. */
  type: string;
  shape: number[];
  /** First byte, counted from the start of the file. */
  start: number;
  /** The byte after the last one. */
  end: number;
}

/** A checked header. */
export interface Header {
  /** The tensors, in the order of their data in the file. */
  entries: Entry[];
  metadata: Record<string, string>;
}

/**
 * Parses the header of a safetensors file: eight bytes of length, little-endian, then JSON. It makes the checks of the
 * reference reader: the tensors must fill the rest of the file without gaps and without overlaps.
 */
export function parseHeader(fn: string, bytes: Uint8Array): Header {
  const { text, dataStart } = headerText(fn, bytes);
  const json = parseObject(fn, text);
  const entries = Object.entries(json)
    .filter(([name]) => name !== METADATA)
    .map(([name, info]) => entry(`${fn}: tensor ${show(name)}`, name, info, dataStart, bytes.length));
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  checkTiling(fn, entries, dataStart, bytes.length);
  return { entries, metadata: metadataOf(fn, json[METADATA]) };
}

function headerText(fn: string, bytes: Uint8Array): { text: string; dataStart: number } {
  if (bytes.length < 8) throw fileError(fn, `must have 8 bytes of header length, got ${bytes.length} in all`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > MAX_HEADER) throw fileError(fn, `header must be at most ${MAX_HEADER} bytes, got ${length}`);
  const dataStart = 8 + Number(length);
  if (dataStart > bytes.length) {
    throw fileError(fn, `truncated: the header ends at byte ${dataStart}, the file at ${bytes.length}`);
  }
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(bytes.subarray(8, dataStart)), dataStart };
  } catch (cause) {
    throw fileError(fn, 'the header is not UTF-8', cause);
  }
}

function parseObject(fn: string, text: string): Record<string, unknown> {
  if (!text.startsWith('{')) throw fileError(fn, `the header must start with '{', got ${show(text[0])}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw fileError(fn, `the header is not JSON: ${(cause as Error).message}`, cause);
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) throw fileError(fn, `the header has ${show(twice)} twice`);
  return json as Record<string, unknown>;
}

/** The first name that occurs twice in an object of valid JSON. JSON.parse would silently keep the last one. */
function duplicateKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '{') open.push(new Set());
    else if (text[i] === '}') open.pop();
    else if (text[i] === '"') {
      const start = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
      let next = i + 1;
      while (' \t\n\r'.includes(text[next]!)) next++;
      if (text[next] !== ':') continue;
      const key = JSON.parse(text.slice(start, i + 1)) as string;
      if (open.at(-1)!.has(key)) return key;
      open.at(-1)!.add(key);
    }
  }
  return undefined;
}

function entry(what: string, name: string, info: unknown, dataStart: number, length: number): Entry {
  if (!isObject(info)) throw fileError(what, `must be described by an object, got ${show(info)}`);
  const { dtype, shape, data_offsets: offsets, ...rest } = info;
  const extra = Object.keys(rest)[0];
  if (extra !== undefined) throw fileError(what, `has the unknown field ${show(extra)}`);
  const element = typeof dtype === 'string' ? ELEMENT_TYPES.get(dtype) : undefined;
  if (element === undefined) {
    const known = [...ELEMENT_TYPES.keys()].join(', ');
    throw fileError(what, `dtype must be one of ${known}, got ${show(dtype)}`);
  }
  if (!isSizes(shape)) throw fileError(what, `shape must be a list of sizes, got ${JSON.stringify(shape)}`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw fileError(what, `data_offsets must be [begin, end], got ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  if (end > length - dataStart) {
    throw fileError(what, `truncated: ends at byte ${end} of the data, which has ${length - dataStart}`);
  }
  const size = shape.reduce((product, each) => product * each, element.size);
  if (size !== end - begin) {
    throw fileError(what, `${dtype} [${shape}] takes ${size} bytes, but data_offsets span ${end - begin}`);
  }
  return { name, type: dtype as string, shape, start: dataStart + begin, end: dataStart + end };
}

function checkTiling(fn: string, entries: Entry[], dataStart: number, length: number): void {
  let at = dataStart;
  for (const { name, start, end } of entries) {
    const begin = start - dataStart;
    if (start < at) throw fileError(fn, `tensor ${show(name)} at byte ${begin} of the data overlaps another`);
    if (start > at) throw fileError(fn, `a gap before tensor ${show(name)} at byte ${begin} of the data`);
    at = end;
  }
  if (at < length) throw fileError(fn, `${length - at} bytes after the last tensor belong to no tensor`);
}

function metadataOf(fn: string, metadata: unknown = {}): Record<string, string> {
  if (!isObject(metadata)) throw fileError(fn, `${METADATA} must be an object, got ${show(metadata)}`);
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value === 'string') continue;
    throw fileError(fn, `${METADATA} ${show(key)} must be a string, got ${show(value)}`);
  }
  return metadata as Record<string, string>;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(each => Number.isSafeInteger(each) && each >= 0);

const fileError = (what: string, message: string, cause?: unknown) =>
  new FracConnectionsError('ERR_FILE', `${what}: ${message}`, { cause });
