import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { checkEnvironment } from '../../lib/addon/environment.js';
import { nativeInfo, setThreads } from '../../lib/addon/info.js';
import { fracDepth } from '../../lib/ops/frac_depth.js';
import { fracWidth } from '../../lib/ops/frac_width.js';
import { valuesOf } from '../../lib/paths/native/values.js';
import { runtimeInfo, setPath } from '../../lib/paths/runtime.js';
import { addon } from './addon.js';
import { runChild } from './child.js';

const options = { dim: 4, fractions: 2, dynamicAlpha: false, dynamicBeta: false };
const alpha = () => tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [2, 4]);
const beta = () => tf.tensor1d([2, 3]);
const read = (h: tf.Tensor) =>
  tf.tidy(() => [...fracWidth(h, { staticAlpha: alpha(), staticBeta: beta() }, options).x.dataSync()]);

describe.runIf(addon)('path native', () => {
  afterEach(() => {
    setPath('auto');
    vi.unstubAllEnvs();
  });

  test('works on the very array that the backend has', () => {
    const values = Float32Array.of(1, 2, 3, 4);
    const h = tf.tensor(values, [1, 4]);
    expect(valuesOf(h, 'test', 'h')).toBe(values);
    expect(valuesOf(tf.reshape(h, [4]), 'test', 'h')).toBe(values);
    values[0] = 9; // seen through the tensor: nothing was copied
    expect(read(h)).toEqual([24, 22, 36, 28]);
    h.dispose();
  });

  test('takes a view into the middle of a buffer', () => {
    const buffer = new Float32Array(11).map((_, i) => i);
    const h = tf.tensor(buffer.subarray(3, 7), [1, 4]);
    expect(read(h)).toEqual([28, 34, 36, 44]);
    h.dispose();
  });

  test('takes a cast tensor, which still holds the other type, and one on shared memory', () => {
    const integers = tf.cast(tf.tensor([1, 2, 3, 4], [1, 4], 'int32'), 'float32');
    const booleans = tf.cast(tf.tensor([true, false, true, true], [1, 4], 'bool'), 'float32');
    const shared = new Float32Array(new SharedArrayBuffer(16));
    shared.set([1, 2, 3, 4]);
    const inputs = [integers, booleans, tf.tensor(shared, [1, 4])];
    const got = inputs.map(read);
    setPath('fallback');
    expect(got).toEqual(inputs.map(read));
    expect(got[0]).toEqual([16, 22, 20, 28]);
    tf.dispose(inputs);
  });

  test('takes a tensor whose array is longer than its shape: what tfjs makes of a product without rows', () => {
    tf.tidy(() => {
      const h = tf.reshape(tf.matMul(tf.zeros([0, 1, 3]), tf.ones([1, 3, 4])), [0, 4]) as tf.Tensor2D;
      const { x } = fracWidth(h, { staticAlpha: alpha(), staticBeta: beta() }, options);
      expect(x.shape).toEqual([0, 4]);
      const out = fracDepth(h, x, alpha(), beta(), options);
      expect(out.shape).toEqual([0, 4]);
    });
  });

  test('hands NaN and infinity on, and hangs on nothing', () => {
    const h = tf.tensor2d([Number.NaN, 1, 2, 3, 1, 2, 3, 4], [2, 4]);
    const got = read(h);
    expect(got.slice(4)).toEqual([16, 22, 20, 28]);
    expect(got.slice(0, 4)).toEqual([Number.NaN, 16, Number.NaN, 20]);
    h.dispose();
  });

  test('is what the runtime chose, with a reason for each other path', () => {
    expect(runtimeInfo()).toEqual({
      backend: 'cpu',
      path: 'native',
      remarks: [],
      requested: 'auto',
      notTaken: [
        { path: 'tensorflow', reason: expect.stringContaining("'cpu'") },
        { path: 'fallback', reason: 'a faster path was taken' },
      ],
    });
    setPath('fallback');
    expect(runtimeInfo().notTaken[1]).toEqual({ path: 'native', reason: "'fallback' was requested" });
  });

  test('tells its threads, and sets them', () => {
    const { threads } = addon!.info();
    setThreads(3);
    expect(nativeInfo()).toMatchObject({ available: true, threads: 3 });
    for (const wrong of [0, 1.5, 1025, Number.NaN, '2']) {
      expect(() => setThreads(wrong as number)).toThrow(
        'setThreads: threads must be an integer from 1 to 1024',
      );
    }
    setThreads(threads);
  });

  test.each([
    ['FRAC_CONNECTIONS_THREADS', '5', { threads: 5 }],
    ['FRAC_CONNECTIONS_SIMD', 'baseline', { simd: expect.objectContaining({ target: 'baseline' }) }],
  ])('%s=%s', (name, value, info) => {
    expect(runChild('say(fc.nativeInfo());', { [name]: value })[0]).toMatchObject(info);
  });

  test.each([
    [
      'FRAC_CONNECTIONS_SIMD',
      'axv2',
      /must be a SIMD target of this machine \('auto', .*'baseline'\), got "axv2"$/,
    ],
    ['FRAC_CONNECTIONS_SIMD', 'AVX2', /got "AVX2"$/],
    ['FRAC_CONNECTIONS_THREADS', '0', /must be an integer from 1 to 1024, got "0"$/],
    ['FRAC_CONNECTIONS_THREADS', 'many', /got "many"$/],
    ['FRAC_CONNECTIONS_THREADS', '2.5', /got "2.5"$/],
    ['FRAC_CONNECTIONS_THREADS', '4x', /got "4x"$/],
    ['FRAC_CONNECTIONS_THREADS', '1025', /got "1025"$/],
  ])('%s=%s is refused', (name, value, message) => {
    vi.stubEnv(name, value);
    const check = () => checkEnvironment(addon!.info().targets);
    expect(check).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
    expect(check).toThrow(message);
    expect(check).toThrow(new RegExp(`^${name} `));
  });

  test.each(['FRAC_CONNECTIONS_SIMD', 'FRAC_CONNECTIONS_THREADS'])('%s is free to be empty', name => {
    vi.stubEnv(name, '');
    expect(() => checkEnvironment(addon!.info().targets)).not.toThrow();
  });

  test('a wrong variable: every op says so, and so does every question', () => {
    const program = `
      const told = f => { try { f(); say('nothing'); } catch (error) { say([error.code, error.message]); } };
      const op = () => new fc.FracConnection({ dim: 4, rate: 2 }).apply(tf.ones([4]), x => x);
      [op, op, fc.nativeInfo, fc.runtimeInfo, () => fc.setThreads(1)].forEach(told);`;
    const said = runChild(program, { FRAC_CONNECTIONS_THREADS: 'many' });
    const error = ['ERR_OPTION', expect.stringMatching(/^FRAC_CONNECTIONS_THREADS .*got "many"$/)];
    expect(said).toEqual([error, error, error, error, error]);
  });

  test('without the addon nobody reads FRAC_CONNECTIONS_SIMD', () => {
    const env = { FRAC_CONNECTIONS_NATIVE: 'off', FRAC_CONNECTIONS_SIMD: 'axv2' };
    expect(runChild('say(fc.path());', env)).toEqual(['fallback']);
  });

  test.each([
    ['fallback', 'fallback'],
    ['native', 'native'],
    ['tensorflow', 'native'], // not on this backend, which goes on by itself
  ])('FRAC_CONNECTIONS_PATH=%s: %s', (wanted, path) => {
    const [info] = runChild('say(fc.runtimeInfo());', { FRAC_CONNECTIONS_PATH: wanted });
    expect(info).toMatchObject({ requested: wanted, path });
  });

  test('FRAC_CONNECTIONS_PATH with a name that is none: the first op says so', () => {
    const program = 'try { fc.path(); } catch (error) { say([error.code, error.message]); }';
    expect(runChild(program, { FRAC_CONNECTIONS_PATH: 'gpu' })).toEqual([
      [
        'ERR_PATH',
        "FRAC_CONNECTIONS_PATH must be one of 'auto', 'tensorflow', 'native', 'fallback', got \"gpu\"",
      ],
    ]);
  });
});
