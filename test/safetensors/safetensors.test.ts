import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FracConnectionsError } from '../../lib/common/errors.js';
import { FracConnection } from '../../lib/connections/frac_connection.js';
import { decodeSafetensors, encodeSafetensors } from '../../lib/safetensors/safetensors.js';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/safetensors/${name}`, import.meta.url));

/** A file of any header and data, right or wrong. */
function file(header: unknown, dataLength = 0): Uint8Array {
  const json = typeof header === 'string' ? header : JSON.stringify(header);
  const text = new TextEncoder().encode(json);
  const bytes = new Uint8Array(8 + text.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const f32 = (shape: number[], begin: number, end: number) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

/** Shape and values of each tensor, -0 and NaN told apart. */
const contents = (tensors: Record<string, tf.Tensor>) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => [name, [t.dtype, t.shape, [...t.dataSync()].map(Number)]]),
  );

function errorOf(work: () => unknown): FracConnectionsError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(FracConnectionsError);
    return error as FracConnectionsError;
  }
  throw new Error('nothing was thrown');
}

describe('decodeSafetensors', () => {
  it("reads every element type of a file by Python's writer", () => {
    const expected = JSON.parse(fixture('types.json').toString()) as Record<
      string,
      { shape: number[]; values: (number | string)[] }
    >;
    const { tensors, metadata } = decodeSafetensors(fixture('types.safetensors'));
    expect(metadata).toEqual({ format: 'np' });
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { shape, values }] of Object.entries(expected)) {
      const float = values.length === 0 || /^(f|bf|scalar|name)/.test(name);
      expect(tensors[name]!.dtype, name).toBe(float ? 'float32' : name === 'bool' ? 'bool' : 'int32');
      expect(tensors[name]!.shape, name).toEqual(shape);
      const got = [...tensors[name]!.dataSync()];
      values.map(Number).forEach((value, i) => {
        expect(got[i], `${name}[${i}]`).toBe(value);
      });
    }
    tf.dispose(tensors);
  });

  it.each([1, 2, 3, 7])('reads bytes that start at offset %i of their buffer, and keeps none', shift => {
    const bytes = fixture('types.safetensors');
    const shifted = new Uint8Array(bytes.length + shift + 5).subarray(shift, shift + bytes.length);
    shifted.set(bytes);
    const straight = decodeSafetensors(bytes);
    const { tensors } = decodeSafetensors(shifted);
    shifted.fill(0xff);
    expect(contents(tensors)).toEqual(contents(straight.tensors));
    tf.dispose([tensors, straight.tensors]);
  });

  const one = { a: f32([2], 0, 8) };
  const bad: [string, Uint8Array, RegExp][] = [
    ['nothing', new Uint8Array(0), /8 bytes of header length, got 0/],
    ['no header', file(one, 8).subarray(0, 7), /8 bytes of header length, got 7/],
    ['half a header', file(one, 8).subarray(0, 20), /truncated: the header ends at byte \d+, the file at 20/],
    ['half the data', file(one, 4), /tensor "a": truncated: ends at byte 8 of the data, which has 4/],
    ['a header that is too large', new Uint8Array(8).fill(0xff), /at most 100000000 bytes, got 1844674407/],
    ['no UTF-8', file(one, 8).fill(0xff, 10, 11), /the header is not UTF-8/],
    ['no JSON', file('{"a":'), /the header is not JSON/],
    ['a list', file('[]'), /must start with '\{', got "\["/],
    ['an empty header', file(''), /must start with '\{', got undefined/],
    ['space before the header', file(' {}'), /must start with '\{', got " "/],
    ['a tensor twice', file('{"a":{},"\\u0061":{}}'), /has "a" twice/],
    ['a field twice', file('{"a":{"shape":[],"shape":[]}}'), /has "shape" twice/],
    ['a tensor that is no object', file({ a: 3 }), /tensor "a": must be described by an object, got 3/],
    ['an unknown field', file({ a: { ...one.a, x: 1 } }, 8), /tensor "a": has the unknown field "x"/],
    ['an unknown type', file({ a: { ...one.a, dtype: 'F8_E4M3' } }, 8), /"a": dtype .*BOOL, got "F8_E4M3"/],
    ['no type', file({ a: { ...one.a, dtype: undefined } }, 8), /dtype must be one of .*, got undefined/],
    ['a negative size', file({ a: f32([-2, -1], 0, 8) }, 8), /shape must be a list of sizes, got \[-2,-1\]/],
    ['a size of 1.5', file({ a: f32([1.5], 0, 6) }, 6), /shape must be a list of sizes/],
    ['no shape', file({ a: { ...one.a, shape: 'x' } }, 8), /shape must be a list of sizes, got "x"/],
    ['a huge shape', file({ a: f32([2 ** 40, 2 ** 40], 0, 8) }, 8), /takes 4\.8\S+ bytes/],
    ['three offsets', file({ a: { ...one.a, data_offsets: [0, 8, 8] } }, 8), /must be \[begin, end\]/],
    ['offsets backwards', file({ a: f32([2], 8, 0) }, 8), /must be \[begin, end\], got \[8,0\]/],
    ['offsets past the end', file({ a: f32([2], 8, 16) }, 8), /truncated: ends at byte 16/],
    ['another size', file({ a: f32([3], 0, 8) }, 8), /F32 \[3\] takes 12 bytes, but data_offsets span 8/],
    ['an overlap', file({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12), /"b" at byte 4 of the data overlaps/],
    ['the same place', file({ a: f32([2], 0, 8), b: f32([2], 0, 8) }, 8), /"b" at byte 0 .* overlaps/],
    ['a gap', file({ a: f32([2], 0, 8), b: f32([1], 12, 16) }, 16), /gap before tensor "b" at byte 12/],
    ['more data', file(one, 11), /3 bytes after the last tensor belong to no tensor/],
    [
      'metadata of numbers',
      file({ __metadata__: { step: 3 } }),
      /__metadata__ "step" must be a string, got 3/,
    ],
    ['metadata that is a list', file({ __metadata__: [] }), /__metadata__ must be an object/],
    [
      'a bool of 2',
      file({ ...one, z: { dtype: 'BOOL', shape: [1], data_offsets: [8, 9] } }, 9).fill(2, -1),
      /tensor "z": element 0 must be 0 or 1, got 2/,
    ],
    [
      'an int64 past int32',
      file({ ...one, z: { dtype: 'I64', shape: [1], data_offsets: [8, 16] } }, 16).fill(1, -4),
      /tensor "z": element 0 \(I64\) does not fit an int32/,
    ],
  ];
  it.each(bad)('refuses %s, and leaves no tensor behind', (_, bytes, message) => {
    const { numTensors } = tf.memory();
    const error = errorOf(() => decodeSafetensors(bytes));
    expect(error.code).toBe('ERR_FILE');
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^decodeSafetensors: /);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('refuses what is not bytes', () => {
    const error = errorOf(() => decodeSafetensors('file.safetensors' as unknown as Uint8Array));
    expect(error.message).toBe('decodeSafetensors: bytes must be a Uint8Array, got "file.safetensors"');
  });

  it('throws its own error, and leaves no tensor, whichever byte of a file is another', () => {
    const bytes = new Uint8Array(fixture('written.safetensors'));
    const header = bytes.length - 35;
    const { numTensors } = tf.memory();
    fc.assert(
      fc.property(fc.nat(header - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at]! ^= change;
        try {
          tf.dispose(decodeSafetensors(damaged).tensors);
        } catch (error) {
          expect(error).toBeInstanceOf(FracConnectionsError);
        }
        expect(tf.memory().numTensors).toBe(numTensors);
      }),
      { numRuns: 300 },
    );
  });
});

describe('encodeSafetensors', () => {
  const values = () => ({
    b: tf.tensor([true, false, true], [3], 'bool'),
    z: tf.tensor([1, 2, -3, 4], [2, 2], 'int32'),
    'b.weight': tf.scalar(7),
    'a.weight': tf.tensor([0.5, -1.25, 3e-39], [1, 3]),
    '10': tf.zeros([0, 4]),
  });

  it("writes the very bytes of Python's writer", () => {
    const tensors = values();
    expect(Buffer.from(encodeSafetensors(tensors, { format: 'pt' })).toString('hex')).toBe(
      fixture('written.safetensors').toString('hex'),
    );
    tf.dispose(tensors);
  });

  it('writes what decodeSafetensors reads', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ unit: 'grapheme' }).filter(name => name !== '__metadata__'),
          fc.record({
            shape: fc.array(fc.nat(3), { maxLength: 4 }),
            dtype: fc.constantFrom('float32', 'int32', 'bool'),
          }),
          { maxKeys: 6, noNullPrototype: true },
        ),
        fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
        (specs, metadata) => {
          const made = Object.entries(specs).map(([name, { shape, dtype }], k) => {
            const size = shape.reduce((a, b) => a * b, 1);
            const list = Array.from({ length: size }, (_, i) =>
              dtype === 'bool' ? (i + k) % 2 : k - 2.5 * i,
            );
            return [name, tf.tensor(list, shape, dtype as tf.DataType)] as const;
          });
          const tensors = Object.fromEntries(made);
          const bytes = encodeSafetensors(tensors, metadata);
          expect(bytes.length).toBeGreaterThanOrEqual(16);
          const back = decodeSafetensors(bytes);
          expect(back.metadata).toEqual(metadata);
          expect(contents(back.tensors)).toEqual(contents(tensors));
          tf.dispose([tensors, back.tensors]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps the bits of NaN, infinities and -0', () => {
    const words = Uint32Array.of(0x7fc12345, 0x7f800000, 0xff800000, 0x80000000, 1);
    const tensor = tf.tensor(new Float32Array(words.buffer), [5]);
    const bytes = encodeSafetensors({ tensor });
    expect(new Uint32Array(bytes.slice(-20).buffer)).toEqual(words);
    tensor.dispose();
  });

  it('refuses what it cannot write', () => {
    const gone = tf.scalar(1);
    gone.dispose();
    const name = (tensors: Record<string, tf.Tensor>, metadata?: unknown) => {
      const error = errorOf(() => encodeSafetensors(tensors, metadata as Record<string, string>));
      return `${error.code} ${error.message}`;
    };
    const [x, text, complex] = [tf.scalar(1), tf.tensor(['a']), tf.complex([1], [2])];
    expect(name({ gone })).toBe('ERR_DISPOSED encodeSafetensors: gone must not be disposed');
    expect(name({ text })).toMatch(/^ERR_DTYPE .*text must be float32, int32 or bool, got string/);
    expect(name({ complex })).toMatch(/^ERR_DTYPE .*got complex64/);
    expect(name({ x: 3 as unknown as tf.Tensor })).toMatch(/^ERR_DTYPE .*x must be a tf.Tensor, got 3/);
    expect(name({ __metadata__: x })).toMatch(/^ERR_OPTION .*a tensor must not be named __metadata__/);
    expect(name({ x }, null)).toMatch(/^ERR_OPTION .*metadata must be an object, got null/);
    expect(name({ x }, 'pt')).toMatch(/^ERR_OPTION .*metadata must be an object, got "pt"/);
    expect(name({ x }, { step: 3 })).toMatch(/^ERR_OPTION .*metadata.step must be a string, got 3/);
    expect(name(null as unknown as Record<string, tf.Tensor>)).toMatch(
      /^ERR_OPTION .*tensors must be an object/,
    );
    tf.dispose([x, text, complex]);
  });

  const python = spawnSync('python3', ['-c', 'import safetensors.numpy']).status === 0;
  it.skipIf(!python)('is read by Python (needs python3 with safetensors and numpy)', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'safetensors-'));
    const tensors = values();
    writeFileSync(path.join(folder, 'ours'), encodeSafetensors(tensors, { format: 'np', note: 'ü"\\' }));
    const script = `
import json, sys, safetensors
with safetensors.safe_open(sys.argv[1], "np") as f:
    tensors = {k: f.get_tensor(k) for k in f.keys()}
    print(json.dumps([f.metadata(), {k: [str(v.dtype), v.shape, v.tolist()] for k, v in tensors.items()}]))`;
    const run = spawnSync('python3', ['-c', script, path.join(folder, 'ours')], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toEqual([
      { format: 'np', note: 'ü"\\' },
      {
        b: ['bool', [3], [true, false, true]],
        z: [
          'int32',
          [2, 2],
          [
            [1, 2],
            [-3, 4],
          ],
        ],
        'b.weight': ['float32', [], 7],
        'a.weight': ['float32', [1, 3], [[0.5, -1.25, Math.fround(3e-39)]]],
        '10': ['float32', [0, 4], []],
      },
    ]);
    tf.dispose(tensors);
  });
});

describe('a connection', () => {
  it("travels by the names of the paper's code", () => {
    const options = { dim: 12, rate: 2, norm: 'layer', prenorm: true } as const;
    const from = new FracConnection({ ...options, perturb: 0.3, seed: 4 });
    const to = new FracConnection(options);
    const h = tf.randomNormal([3, 12]);
    const { tensors } = decodeSafetensors(encodeSafetensors(from.stateDict()));
    expect(Object.keys(tensors).sort()).toEqual([
      'dynamic_alpha_fn',
      'dynamic_alpha_scale',
      'dynamic_beta_fn',
      'dynamic_beta_scale',
      'layer_norm.bias',
      'layer_norm.weight',
      'prenorm.weight',
      'static_alpha',
      'static_beta',
    ]);
    const run = (connection: FracConnection) => connection.apply(h, x => tf.tanh(x)).dataSync();
    expect(run(to)).not.toEqual(run(from));
    to.loadStateDict(tensors);
    tf.dispose(tensors);
    expect(run(to)).toEqual(run(from));
    from.dispose();
    to.dispose();
  });
});
