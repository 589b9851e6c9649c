// This package implements the format itself. The npm packages `safetensors` and `@jax-js/loaders` only read it.
import * as tf from '@tensorflow/tfjs-core';
import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { MAX_HEADER, METADATA, parseHeader } from './header.js';
import { readValues, type Values, writeValues } from './values.js';

/** The contents of a safetensors file. */
export interface Safetensors {
  /** Tensors by name. The caller disposes of them. */
  tensors: Record<string, tf.Tensor>;
  /** The table of strings in the file; empty if there is none. */
  metadata: Record<string, string>;
}

/** The element type of each tfjs type. `rank` is the order in a file, the same as that of the reference writer. */
const WRITTEN: Record<string, { type: string; size: number; rank: number }> = {
  float32: { type: 'F32', size: 4, rank: 0 },
  int32: { type: 'I32', size: 4, rank: 1 },
  bool: { type: 'BOOL', size: 1, rank: 2 },
};

/**
 * Encodes tensors as a safetensors file, the format in which PyTorch users exchange weights.
 *
 * The bytes do not depend on the order of `tensors`: they are sorted by type (F32, I32, BOOL), then by name, as in
 * Python's `safetensors`. The function reads the values synchronously, and does not dispose of the tensors.
 *
 * @param tensors float32, int32 or bool tensors, by name
 * @param metadata strings to store with the tensors
 * @returns the bytes of the file
 * @throws FracConnectionsError ERR_DTYPE for another type, ERR_DISPOSED for a disposed tensor, ERR_OPTION for a bad
 *   name or metadata
 *
 * @example
 * ```ts
 * const connection = new FracConnection({ dim: 512, rate: 4 });
 * await writeFile('connection.safetensors', encodeSafetensors(connection.stateDict(), { format: 'pt' }));
 * ```
 */
export function encodeSafetensors(
  tensors: Record<string, tf.Tensor>,
  metadata: Record<string, string> = {},
): Uint8Array {
  const fn = 'encodeSafetensors';
  if (typeof tensors !== 'object' || tensors === null) {
    throw new FracConnectionsError('ERR_OPTION', `${fn}: tensors must be an object, got ${show(tensors)}`);
  }
  checkMetadata(fn, metadata);
  for (const [name, tensor] of Object.entries(tensors)) checkWritable(fn, name, tensor);
  const sorted = Object.entries(tensors).sort(
    ([a, { dtype }], [b, other]) => WRITTEN[dtype]!.rank - WRITTEN[other.dtype]!.rank || (a < b ? -1 : 1),
  );
  let end = 0;
  // Not JSON.stringify of an object: JavaScript objects move names like '10' to the front.
  const fields = sorted.map(([name, { dtype, shape, size }]) => {
    const begin = end;
    end += size * WRITTEN[dtype]!.size;
    const info = { dtype: WRITTEN[dtype]!.type, shape, data_offsets: [begin, end] };
    return `${JSON.stringify(name)}:${JSON.stringify(info)}`;
  });
  if (Object.keys(metadata).length > 0) fields.unshift(`"${METADATA}":${JSON.stringify(metadata)}`);
  const { bytes, dataStart } = withHeader(fn, `{${fields.join(',')}}`, end);
  let at = dataStart;
  for (const [, tensor] of sorted) {
    writeValues(bytes, at, tensor.dtype, tensor.dataSync());
    at += tensor.size * WRITTEN[tensor.dtype]!.size;
  }
  return bytes;
}

/**
 * Decodes the tensors of a safetensors file.
 *
 * F64, F32, F16 and BF16 become float32; I64 to I8 and U64 to U8 become int32; BOOL becomes bool. The tensors do not refer to
 * `bytes`.
 *
 * @param bytes the whole file
 * @returns the tensors and the metadata
 * @throws FracConnectionsError ERR_FILE when the file is truncated or malformed, has an unsupported element type, or has an integer
 *   that does not fit int32. In that case no tensor is left allocated.
 *
 * @example
 * ```ts
 * const { tensors } = decodeSafetensors(await readFile('connection.safetensors'));
 * connection.loadStateDict(tensors);
 * tf.dispose(tensors);
 * ```
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const fn = 'decodeSafetensors';
  if (!(bytes instanceof Uint8Array)) {
    throw new FracConnectionsError('ERR_FILE', `${fn}: bytes must be a Uint8Array, got ${show(bytes)}`);
  }
  const { entries, metadata } = parseHeader(fn, bytes);
  // Reads all values before it makes the first tensor, so that a bad file leaves no tensor behind.
  const read = entries.map(({ name, type, shape, start, end }) => {
    const values = readValues(`${fn}: tensor ${show(name)}`, type, bytes.subarray(start, end));
    return { name, shape, values };
  });
  const made = read.map(
    ({ name, shape, values }) => [name, tf.tensor(values, shape, dtypeOf(values))] as const,
  );
  return { tensors: Object.fromEntries(made), metadata };
}

const dtypeOf = (values: Values) => {
  if (values instanceof Float32Array) return 'float32';
  return values instanceof Int32Array ? 'int32' : 'bool';
};

/** Allocates a whole file and writes its header. Spaces after the JSON align the data to a multiple of 8 bytes. */
function withHeader(fn: string, json: string, dataLength: number): { bytes: Uint8Array; dataStart: number } {
  const header = new TextEncoder().encode(json);
  const length = Math.ceil(header.length / 8) * 8;
  if (length > MAX_HEADER) {
    throw new FracConnectionsError(
      'ERR_OPTION',
      `${fn}: names and metadata must take at most ${MAX_HEADER} bytes, got ${length}`,
    );
  }
  const dataStart = 8 + length;
  const bytes = new Uint8Array(dataStart + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.fill(0x20, 8, dataStart);
  bytes.set(header, 8);
  return { bytes, dataStart };
}

function checkWritable(fn: string, name: string, tensor: tf.Tensor): void {
  if (name === METADATA) {
    throw new FracConnectionsError('ERR_OPTION', `${fn}: a tensor must not be named ${METADATA}`);
  }
  if (!(tensor instanceof tf.Tensor)) {
    throw new FracConnectionsError('ERR_DTYPE', `${fn}: ${name} must be a tf.Tensor, got ${show(tensor)}`);
  }
  if (tensor.isDisposed)
    throw new FracConnectionsError('ERR_DISPOSED', `${fn}: ${name} must not be disposed`);
  if (!Object.hasOwn(WRITTEN, tensor.dtype)) {
    throw new FracConnectionsError(
      'ERR_DTYPE',
      `${fn}: ${name} must be float32, int32 or bool, got ${tensor.dtype}`,
    );
  }
}

function checkMetadata(fn: string, metadata: Record<string, string>): void {
  if (typeof metadata !== 'object' || metadata === null) {
    throw new FracConnectionsError('ERR_OPTION', `${fn}: metadata must be an object, got ${show(metadata)}`);
  }
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value === 'string') continue;
    throw new FracConnectionsError(
      'ERR_OPTION',
      `${fn}: metadata.${key} must be a string, got ${show(value)}`,
    );
  }
}
