import { describe, expect, test } from 'vitest';
import { addon } from './addon.js';
import { ARRAYS, runChild } from './child.js';

const PROGRAM = `${ARRAYS}
  const refuse = (call) => {
    try { call(); say('accepted'); }
    catch (error) { say([error.constructor.name, error.code, error.message]); }
  };`;
const type = (code: string, message: string) => ['TypeError', code, message];
const range = (code: string, message: string) => ['RangeError', code, message];

// What is done, and the error: type, code, message.
const direct: [string, unknown][] = [
  ['addon.fracWidth()', type('ERR_OPTION', 'fracWidth: tokens must be a number, got undefined')],
  ['addon.fracWidth(...width(), 1)', type('ERR_OPTION', 'fracWidth: 21 arguments are taken, got 22')],
  [
    'addon.fracWidth(...width().slice(0, 20))',
    type('ERR_OPTION', 'fracWidth: 21 arguments are taken, got 20'),
  ],
  [
    'addon.fracWidth(...width({ h: new Float64Array(60) }))',
    type('ERR_DTYPE', 'fracWidth: h must be a Float32Array, got a Float64Array'),
  ],
  [
    'addon.fracWidth(...width({ h: new DataView(new ArrayBuffer(240)) }))',
    type('ERR_DTYPE', 'fracWidth: h must be a Float32Array, got a DataView'),
  ],
  [
    'addon.fracWidth(...width({ h: [1, 2] }))',
    type('ERR_DTYPE', 'fracWidth: h must be a Float32Array, got an array'),
  ],
  [
    'addon.fracWidth(...width({ h: null }))',
    type('ERR_DTYPE', 'fracWidth: h must be a Float32Array, got null'),
  ],
  [
    'addon.fracWidth(...width({ h: new Proxy(f(60), {}) }))',
    type('ERR_DTYPE', 'fracWidth: h must be a Float32Array, got an object'),
  ],
  ['addon.fracWidth(...width({ h: f(59) }))', range('ERR_SHAPE', 'fracWidth: h must have 60 values, got 59')],
  ['addon.fracWidth(...width({ x: f(31) }))', range('ERR_SHAPE', 'fracWidth: x must have 30 values, got 31')],
  [
    'addon.fracWidth(...width({ w: [f(24), f(4), f(5), none, f(29), f(5), none, none, none] }))',
    range('ERR_SHAPE', 'fracWidth: wAlpha must have 30 values, got 29'),
  ],
  [
    'addon.fracWidth(...width({ w: [f(24), f(4), f(5), f(5), f(30), f(5), none, none, none] }))',
    type(
      'ERR_WEIGHTS',
      'fracWidth: normBeta must be undefined for a connection of these flags, got a Float32Array',
    ),
  ],
  [
    'addon.fracWidth(...width({ w: [f(24), f(4), none, none, f(30), f(5), none, none, none] }))',
    type('ERR_DTYPE', 'fracWidth: normGamma must be a Float32Array, got undefined'),
  ],
  [
    'const h = f(60); structuredClone(h, { transfer: [h.buffer] }); addon.fracWidth(...width({ h }))',
    type('ERR_DISPOSED', 'fracWidth: h must not be detached: its buffer was transferred to somebody else'),
  ],
  [
    'addon.fracWidth(...width({ h: new Float32Array(new SharedArrayBuffer(240)) }))',
    type(
      'ERR_DTYPE',
      'fracWidth: h must not be on a SharedArrayBuffer: another thread could change it meanwhile',
    ),
  ],
  [
    'const h = f(60); addon.fracWidth(...width({ h, x: h.subarray(30) }))',
    range('ERR_OPTION', 'fracWidth: output x must not share memory with h'),
  ],
  [
    'const all = f(84); addon.fracWidth(...width({ alpha: all.subarray(0, 72), beta: all.subarray(71, 83) }))',
    range('ERR_OPTION', 'fracWidth: output alpha must not share memory with beta'),
  ],
  [
    'addon.fracWidth(...width({ sizes: [NaN] }))',
    range('ERR_OPTION', 'fracWidth: tokens must be an integer from 0 to 9007199254740992, got NaN'),
  ],
  [
    'addon.fracWidth(...width({ sizes: [-1] }))',
    range('ERR_OPTION', 'fracWidth: tokens must be an integer from 0 to 9007199254740992, got -1'),
  ],
  [
    'addon.fracWidth(...width({ sizes: [2.5] }))',
    range('ERR_OPTION', 'fracWidth: tokens must be an integer from 0 to 9007199254740992, got 2.5'),
  ],
  [
    'addon.fracWidth(...width({ sizes: [Infinity] }))',
    range('ERR_OPTION', 'fracWidth: tokens must be an integer from 0 to 9007199254740992, got Infinity'),
  ],
  [
    'addon.fracWidth(...width({ sizes: ["3"] }))',
    type('ERR_OPTION', 'fracWidth: tokens must be a number, got a string'),
  ],
  [
    'addon.fracWidth(...width({ sizes: [3, 17] }))',
    range('ERR_OPTION', 'fracWidth: n must be an integer from 1 to 16, got 17'),
  ],
  [
    'addon.fracWidth(...width({ sizes: [3, 4, 9] }))',
    range('ERR_OPTION', 'fracWidth: m must be an integer from 1 to 8, got 9'),
  ],
  [
    'addon.fracWidth(...width({ sizes: [3, 4, 3] }))',
    range('ERR_SHAPE', 'fracWidth: x must have 45 values, got 30'),
  ],
  [
    'addon.fracWidth(...width({ sizes: [3, 4, 2, 0] }))',
    range('ERR_OPTION', 'fracWidth: c must be an integer from 1 to 9007199254740992, got 0'),
  ],
  [
    'addon.fracWidth(...width({ sizes: [2 ** 53, 4, 2, 2 ** 53] }))',
    range(
      'ERR_SHAPE',
      'fracWidth: 9007199254740992 tokens of 4 segments of 9007199254740992 values are too many',
    ),
  ],
  [
    'addon.fracWidth(...width({ sizes: [3, 4, 2, 2 ** 40] }))',
    range('ERR_SHAPE', 'fracWidth: x must have 6597069766656 values, got 30'),
  ],
  [
    'addon.fracWidth(...width({ sizes: [3, 4, 2, 5, 3] }))',
    range('ERR_OPTION', 'fracWidth: norm must be an integer from 0 to 2, got 3'),
  ],
  [
    'addon.fracWidth(...width({ sizes: [3, 4, 2, 5, 1, 256] }))',
    range('ERR_OPTION', 'fracWidth: flags must be an integer from 0 to 255, got 256'),
  ],
  [
    'addon.fracWidth(...width({ sizes: [3, 4, 2, 5, 1, 7, NaN] }))',
    range('ERR_OPTION', 'fracWidth: epsilon must be a finite number, 0 or more, got NaN'),
  ],
  ['addon.fracWidthGrad(...widthGrad(f(60)))', 'accepted'],
  ['addon.fracWidthGrad(...widthGrad(none))', 'accepted'],
  [
    'addon.fracWidthGrad(...widthGrad(f(59)))',
    range('ERR_SHAPE', 'fracWidthGrad: dState must have 60 values, got 59'),
  ],
  [
    'addon.fracWidthGrad(...widthGrad(null))',
    type('ERR_DTYPE', 'fracWidthGrad: dState must be a Float32Array, got null'),
  ],
  [
    'addon.fracWidthGrad(...widthGrad(f(60)).slice(0, -1))',
    type('ERR_OPTION', 'fracWidthGrad: 32 arguments are taken, got 31'),
  ],
  [
    'const all = widthGrad(none); all[31] = all[8]; addon.fracWidthGrad(...all)',
    range('ERR_OPTION', 'fracWidthGrad: output dH must not share memory with dState'),
  ],
  ['addon.fracRead(...given, f(30), f(60), f(72), none)', 'accepted'],
  ['addon.fracReadGrad(...given, f(60), f(72), none, f(60), f(72), none, f(30), none)', 'accepted'],
  [
    'addon.fracRead(...given, f(30), f(60), f(24), none)',
    range('ERR_SHAPE', 'fracRead: readAlpha must have 72 values, got 24'),
  ],
  [
    'addon.fracRead(...given, f(30), f(60), f(72), f(10))',
    type(
      'ERR_WEIGHTS',
      'fracRead: prenormGamma must be undefined for a connection of these flags, got a Float32Array',
    ),
  ],
  [
    'const alpha = f(72); addon.fracReadGrad(...given, f(60), alpha, none, f(60), alpha, none, f(30), none)',
    range('ERR_OPTION', 'fracReadGrad: output readAlpha must not share memory with readAlpha'),
  ],
  [
    'addon.fracReadGrad(...given, f(60), f(72), none, f(60), f(72), none, f(30), f(59))',
    range('ERR_SHAPE', 'fracReadGrad: dState must have 60 values, got 59'),
  ],
  [
    'addon.fracDepthRead(...given, f(60), f(30), f(60), f(30), f(24), f(4), f(71), none)',
    range('ERR_SHAPE', 'fracDepthRead: readAlpha must have 72 values, got 71'),
  ],
  ['addon.setThreads(0)', range('ERR_OPTION', 'setThreads: threads must be an integer from 1 to 1024')],
  ['addon.setTarget("mmx")', range('ERR_OPTION', "setTarget: this machine runs no target 'mmx'")],
  ['addon.fracWidth(...width())', 'accepted'],
];

// Through the ops, as a program would meet it.
const throughOps: [name: string, code: string, error: unknown][] = [
  [
    'a disposed tensor',
    'const h = tf.zeros([2, 8]); h.dispose(); fc.fracWidth(h, still, options)',
    ['FracConnectionsError', 'ERR_DISPOSED', 'fracWidth: h must not be disposed'],
  ],
  [
    'a tensor whose array was transferred to a worker',
    `const values = new Float32Array(16);
     const h = tf.tensor(values, [2, 8]);
     structuredClone(values, { transfer: [values.buffer] });
     fc.fracWidth(h, still, options)`,
    [
      'FracConnectionsError',
      'ERR_DISPOSED',
      'fracWidth: h must not be detached: its buffer was transferred to somebody else',
    ],
  ],
  [
    'a disposed tensor, straight to the kernel',
    `const h = tf.zeros([2, 8]);
     fc.fracWidth(h, still, options); // registers the kernels
     const gone = tf.zeros([2, 8]);
     gone.dispose();
     const attributes = { names: ['h', 'staticAlpha', 'staticBeta'], options: { ...options, streams: 1, n: 2, m: 2, c: 4 } };
     tf.engine().runKernel('FracWidth', [gone, still.staticAlpha, still.staticBeta], attributes)`,
    ['FracConnectionsError', 'ERR_DISPOSED', 'fracWidth: h must not be disposed'],
  ],
  [
    'a width for which nobody has the memory',
    `const o = { dim: 2 ** 45, dynamicAlpha: false, dynamicBeta: false, streams: 1, fractions: 1, n: 1, m: 1, c: 2 ** 45 };
     const fake = { shape: [1, 2 ** 45], size: 2 ** 45, isDisposed: false };
     const attributes = { names: ['h'], options: o };
     const { kernelFunc } = tf.getKernel('FracWidth', 'cpu');
     kernelFunc({ inputs: [fake], attrs: attributes, backend: tf.backend() })`,
    [
      'FracConnectionsError',
      'ERR_MEMORY',
      expect.stringContaining('fracWidth: x: no memory for 35184372088832 values'),
    ],
  ],
];
const OPTIONS = `
  const options = { dim: 8, fractions: 2, dynamicAlpha: false, dynamicBeta: false };
  const still = { staticAlpha: tf.zeros([2, 4]), staticBeta: tf.zeros([2]) };`;

describe.runIf(addon)('bad input to the native kernels is an error, and the process lives', () => {
  const cases = [...direct.map(([code, error]) => [code, code, error] as const), ...throughOps];
  const program = () => cases.map(([, code]) => `refuse(() => { ${code} });`).join('\n');
  const got = addon ? runChild(PROGRAM + OPTIONS + program()) : [];

  test.each(cases.map(([name, , error], i) => [name, error, i] as const))('%s', (_, error, i) => {
    expect(got[i]).toEqual(error);
  });
});
