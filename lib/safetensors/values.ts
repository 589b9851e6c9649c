import { FracConnectionsError } from '../common/errors.js';

/** Values of a tfjs tensor: float32, int32 or bool. */
export type Values = Float32Array | Int32Array | Uint8Array;

/** An element type of the safetensors format, and its conversion to a tfjs type. */
export interface ElementType {
  /** Bytes per element. */
  readonly size: number;
  /** The tfjs type that the values are converted to. */
  readonly dtype: 'float32' | 'int32' | 'bool';
  /** Reads the element at a byte offset. Returns NaN for an integer that does not fit int32. */
  readonly read: (view: DataView, at: number) => number;
}

const int32 = (value: number | bigint) =>
  value >= -0x80000000 && value <= 0x7fffffff ? Number(value) : Number.NaN;

const type = (size: number, dtype: ElementType['dtype'], read: ElementType['read']): ElementType => ({
  size,
  dtype,
  read,
});

/** The supported element types, by their names in a file. Sub-byte types and 8-bit floats are not supported. */
export const ELEMENT_TYPES: ReadonlyMap<string, ElementType> = new Map([
  ['F64', type(8, 'float32', (view, at) => view.getFloat64(at, true))],
  ['F32', type(4, 'float32', (view, at) => view.getFloat32(at, true))],
  ['F16', type(2, 'float32', (view, at) => fromFloat16(view.getUint16(at, true)))],
  ['BF16', type(2, 'float32', (view, at) => fromBfloat16(view.getUint16(at, true)))],
  ['I64', type(8, 'int32', (view, at) => int32(view.getBigInt64(at, true)))],
  ['I32', type(4, 'int32', (view, at) => view.getInt32(at, true))],
  ['I16', type(2, 'int32', (view, at) => view.getInt16(at, true))],
  ['I8', type(1, 'int32', (view, at) => view.getInt8(at))],
  ['U64', type(8, 'int32', (view, at) => int32(view.getBigUint64(at, true)))],
  ['U32', type(4, 'int32', (view, at) => int32(view.getUint32(at, true)))],
  ['U16', type(2, 'int32', (view, at) => view.getUint16(at, true))],
  ['U8', type(1, 'int32', (view, at) => view.getUint8(at))],
  ['BOOL', type(1, 'bool', (view, at) => view.getUint8(at))],
]);

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Copies all elements out of `bytes`. `what` names the file and the tensor in error messages. */
export function readValues(what: string, name: string, bytes: Uint8Array): Values {
  const { size, dtype, read } = ELEMENT_TYPES.get(name)!;
  if (LITTLE_ENDIAN && (name === 'F32' || name === 'I32')) {
    // A copy starts at offset 0 of its buffer, so it is aligned.
    const copy = new Uint8Array(bytes.length);
    copy.set(bytes);
    return name === 'F32' ? new Float32Array(copy.buffer) : new Int32Array(copy.buffer);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = emptyValues(dtype, bytes.length / size);
  for (let i = 0; i < values.length; i++) {
    const value = read(view, i * size);
    if (dtype === 'int32' && Number.isNaN(value)) {
      throw new FracConnectionsError('ERR_FILE', `${what}: element ${i} (${name}) does not fit an int32`);
    }
    if (dtype === 'bool' && value > 1) {
      throw new FracConnectionsError('ERR_FILE', `${what}: element ${i} must be 0 or 1, got ${value}`);
    }
    values[i] = value;
  }
  return values;
}

/** Writes float32, int32 or bool values, little-endian, at a byte offset. */
export function writeValues(out: Uint8Array, offset: number, dtype: string, values: ArrayLike<number>): void {
  if (dtype === 'bool') {
    for (let i = 0; i < values.length; i++) out[offset + i] = values[i] ? 1 : 0;
  } else if (LITTLE_ENDIAN && ArrayBuffer.isView(values)) {
    out.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
  } else {
    const view = new DataView(out.buffer, out.byteOffset + offset);
    for (let i = 0; i < values.length; i++) {
      if (dtype === 'float32') view.setFloat32(4 * i, values[i]!, true);
      else view.setInt32(4 * i, values[i]!, true);
    }
  }
}

function emptyValues(dtype: ElementType['dtype'], length: number): Values {
  if (dtype === 'float32') return new Float32Array(length);
  return dtype === 'int32' ? new Int32Array(length) : new Uint8Array(length);
}

/** IEEE binary16: 1 sign, 5 exponent, 10 fraction bits. */
function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of a float32. */
function fromBfloat16(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}
