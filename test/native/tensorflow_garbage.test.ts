import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addon, binary, root } from './addon.js';

// What TensorFlow is asked by name, past every check in TypeScript: an error each time, never a crash. In a process of its
// own, so that a crash would be seen as one. In `attempts`, `call` runs an op with good arguments but for those given.
const PROGRAM = `
  const { tf } = require('${join(root, 'dist/cjs/tensorflow/index.js')}');
  const { reasons } = require('${binary}').tensorflow.register();
  if (reasons.length > 0) throw new Error(reasons.join());
  const backend = tf.backend();
  const { TF_ATTR_STRING, TF_ATTR_INT } = backend.binding;
  const zeros = (...shape) => tf.zeros(shape);
  const GOOD = '8 2 2 0 0 1 1 1 0 0 1e-5 1e-5';
  const attribute = (value, type = TF_ATTR_STRING) => [{ name: 'options', type, value }];
  const any = zeros(5);
  const weights = (more = {}) => Object.values({
    staticAlpha: zeros(2, 4), staticBeta: zeros(2), normGamma: any, normBeta: any, wAlpha: any, wBeta: any,
    scaleAlpha: any, scaleBeta: any, prenormGamma: any, ...more });
  const depth = (more = {}) => Object.values({ h: zeros(3, 8), y: zeros(3, 8), alpha: zeros(3, 2, 4), beta: zeros(2), ...more });
  const run = (op, outputs, inputs, options) => backend
    .executeMultipleOutputs(op, typeof options === 'string' ? attribute(options) : options, inputs, outputs)
    .map(each => '[' + each.shape + ']').join(' ');
  const width = (options = GOOD, h = zeros(3, 8), more) => run('FracWidth', 3, [h, ...weights(more)], options);
  const STATE = '8 2 2 0 0 1 1 1 0 1 1e-5 1e-5';
  const widthGrad = (dstate, options) => run('FracWidthGrad', 10,
    [zeros(3, 8), ...weights(), zeros(3, 8), zeros(2, 4), zeros(2), dstate], options);
  const attempts = ATTEMPTS;
  for (const attempt of attempts) {
    let result;
    try { result = attempt(); } catch (error) { result = error.message; }
    console.log(JSON.stringify(String(result)));
  }
  console.log(JSON.stringify(width()));`;

/** The messages that attempts end with. */
function attempt(attempts: string[]): string[] {
  const program = PROGRAM.replace('ATTEMPTS', `[${attempts.map(each => `() => ${each}`).join(',\n')}]`);
  const child = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', cwd: root });
  expect(child, child.stderr).toMatchObject({ status: 0, signal: null });
  const messages = child.stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as string);
  expect(messages.pop(), 'the op still works').toBe('[3,8] [2,4] [2]');
  return messages.map(message => message.replace(/^Invalid TF_Status: 3\nMessage: /, ''));
}

const cases: Record<string, [call: string, message: string | RegExp][]> = {
  'of options': [
    ['width([])', /^NodeDef missing attr 'options'/],
    ['width(attribute(1, TF_ATTR_INT))', /^AttrValue had value with type 'int' when 'string' expected/],
    ["width('')", 'FracWidth: options must be 10 integers and 2 numbers, got ""'],
    [
      "width('8 2 2 0 0 1 1 1 0 0 1e-5')",
      /must be 10 integers and 2 numbers, got "8 2 2 0 0 1 1 1 0 0 1e-5"$/,
    ],
    ["width(GOOD + ' 1')", /must be 10 integers and 2 numbers/],
    ['width(GOOD + String.fromCharCode(0))', /must be 10 integers and 2 numbers/],
    ["width('8.5' + GOOD.slice(1))", /must be 10 integers and 2 numbers/],
    ["width('x'.repeat(1e6))", /^FracWidth: options must be 10 integers and 2 numbers, got "x{80}"$/],
    ["width('99999999999999999999' + GOOD.slice(1))", /must be 10 integers and 2 numbers/],
    ["width('2147483648' + GOOD.slice(1))", 'FracWidth: dim must be from 1 to 2147483647, got 2147483648'],
    ["width('-8' + GOOD.slice(1))", 'FracWidth: dim must be from 1 to 2147483647, got -8'],
    ["width('9' + GOOD.slice(1))", 'FracWidth: dim must be a multiple of fractions = 2, got 9'],
    ["width('8 0 2 0 0 1 1 1 0 0 0 0')", 'FracWidth: segments must be from 1 to 16, got 0'],
    ["width('8 17 2 0 0 1 1 1 0 0 0 0')", 'FracWidth: segments must be from 1 to 16, got 17'],
    ["width('9 1 9 0 0 1 1 1 0 0 0 0')", 'FracWidth: fractions must be from 1 to 8, got 9'],
    ["width('8 2 2 0 2 1 1 1 0 0 0 0')", 'FracWidth: dynamic_beta must be from 0 to 1, got 2'],
    ["width('8 2 2 0 0 1 1 3 0 0 0 0')", 'FracWidth: norm must be from 0 to 2, got 3'],
    ["width('8 2 2 0 0 1 1 1 0 2 0 0')", 'FracWidth: state must be from 0 to 1, got 2'],
    ["width('8 2 2 0 0 1 1 1 0 0 -1 0')", 'FracWidth: an epsilon must be 0 or more, got -1.000000'],
    ["width('8 2 2 0 0 1 1 1 0 0 0 nan')", /must be 10 integers and 2 numbers/],
    [
      `run('FracDepthWidthGrad', 13, [...depth(), ...weights(), ...depth()], '0')`,
      /^FracDepthWidthGrad: options must/,
    ],
  ],
  'of inputs': [
    ['width(GOOD, zeros(3, 7))', 'FracWidth: h must be [..., 8], got [3,7]'],
    ['width(GOOD, zeros())', 'FracWidth: h must be [..., 8], got []'],
    [
      'width(GOOD, tf.zeros([3, 8], "int32"))',
      /^cannot compute FracWidth as input #0\(zero-based\) was expected to be a float tensor but is a int32 tensor/,
    ],
    ['width(GOOD, tf.tensor(["text"]))', /expected to be a float tensor but is a string tensor/],
    ['width(GOOD, undefined, { staticAlpha: any })', 'FracWidth: static_alpha must be [2,4], got [5]'],
    ["width('8 2 2 1 0 1 1 1 0 0 0 0')", 'FracWidth: norm_gamma must be [4], got [5]'],
    ["width('8 2 2 0 0 1 1 1 1 0 0 0')", 'FracWidth: prenorm_gamma must be [8], got [5]'],
    ["width('2147483647 16 1 0 0 1 1 1 0 0 0 0')", 'FracWidth: h must be [..., 34359738352], got [3,8]'],
    ['run("FracWidth", 3, [zeros(3, 8), ...weights()].slice(0, 4), GOOD)', /^expected 10 inputs, got 4/],
    ['run("FracWidth", 3, [], GOOD)', /^expected 10 inputs, got 0/],
    [
      'run("FracWidth", 1, [zeros(3, 8), ...weights()], GOOD)',
      /^Expecting 3 outputs, but \*num_retvals is 1/,
    ],
    ['run("FracDepth", 1, depth(), GOOD)', '[3,8]'],
    ['run("FracDepth", 1, depth({ y: zeros(1, 3, 8) }), GOOD)', 'FracDepth: y must be [3,8], got [1,3,8]'],
    [
      'run("FracDepth", 1, depth({ alpha: zeros(2, 2, 4) }), GOOD)',
      'FracDepth: alpha must be [2,4] or [3,2,4], got [2,2,4]',
    ],
    ['run("FracDepth", 1, depth({ beta: zeros() }), GOOD)', 'FracDepth: beta must be [2] or [3,2], got []'],
    [
      'run("FracDepthGrad", 4, [...depth(), zeros(3, 9)], GOOD)',
      'FracDepthGrad: dout must be [3,8], got [3,9]',
    ],
    [
      'run("FracWidthGrad", 10, [zeros(3, 8), ...weights(), zeros(3, 8), zeros(3, 2, 4), zeros(2), any], GOOD)',
      'FracWidthGrad: dalpha must be [2,4], got [3,2,4]',
    ],
    ['widthGrad(any, GOOD)', '[3,8] [2,4] [2] [0] [0] [0] [0] [0] [0] [0]'],
    ['widthGrad(zeros(3, 8), STATE)', '[3,8] [2,4] [2] [0] [0] [0] [0] [0] [0] [0]'],
    ['widthGrad(any, STATE)', 'FracWidthGrad: dstate must be [3,8], got [5]'],
    ['widthGrad(zeros(3, 2, 4), STATE)', 'FracWidthGrad: dstate must be [3,8], got [3,2,4]'],
    [
      'run("FracWidthGrad", 10, [zeros(3, 8), ...weights(), zeros(3, 8), zeros(2, 4), zeros(2)], GOOD)',
      /^expected 14 inputs, got 13/,
    ],
    [
      'run("FracDepthWidthGrad", 13, [...depth(), ...weights(), zeros(3, 8), zeros(3, 8), zeros(2, 4), any], GOOD)',
      'FracDepthWidthGrad: dnext_beta must be [2], got [5]',
    ],
    ['run("FracRead", 1, [zeros(3, 8), zeros(3, 2, 4), any], GOOD)', '[3,8]'],
    ['run("FracRead", 1, [zeros(3, 12), zeros(3, 5), any], "8 3 2 0 0 1 1 1 0 0 0 0")', '[3,8]'],
    [
      'run("FracRead", 1, [zeros(3, 8), zeros(2, 2, 4), any], GOOD)',
      'FracRead: alpha must be [2,4] or [3,2,4], got [2,2,4]',
    ],
    [
      'run("FracRead", 1, [zeros(3, 8), zeros(2, 4), any], "8 2 2 0 0 1 1 1 1 0 0 0")',
      'FracRead: prenorm_gamma must be [8], got [5]',
    ],
    ['run("FracReadGrad", 3, [zeros(3, 8), zeros(2, 4), any, zeros(3, 8), any], GOOD)', '[3,8] [2,4] [0]'],
    [
      'run("FracReadGrad", 3, [zeros(3, 8), zeros(2, 4), any, zeros(3, 8), any], STATE)',
      'FracReadGrad: dstate must be [3,8], got [5]',
    ],
    [
      'run("FracDepthRead", 2, [...depth(), zeros(4, 2), any], GOOD)',
      'FracDepthRead: next_alpha must be [2,4] or [3,2,4], got [4,2]',
    ],
    [
      'run("FracDepthReadGrad", 6, [...depth(), zeros(3, 2, 4), any, zeros(3, 8), zeros(3, 8)], GOOD)',
      '[3,8] [3,8] [3,2,4] [2] [3,2,4] [0]',
    ],
    ['width(GOOD, zeros(...Array(200).fill(1)))', /^FracWidth: h must be \[\.\.\., 8\], got \[1,1,1/],
    ['width(GOOD, zeros(65536, 0, 65536, 8))', '[65536,0,65536,8] [2,4] [2]'],
  ],
};

describe.runIf(addon?.tensorflow !== undefined)('ops that TensorFlow is asked for by name', () => {
  test.each(Object.entries(cases))('garbage %s is an error that says what is wrong', (_, list) => {
    const messages = attempt(list.map(([call]) => call));
    for (const [i, [call, expected]] of list.entries()) {
      if (typeof expected === 'string') expect(messages[i], call).toBe(expected);
      else expect(messages[i], call).toMatch(expected);
    }
  });
});
