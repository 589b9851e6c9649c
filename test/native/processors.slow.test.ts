import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { addon } from './addon.js';
import { runChild } from './child.js';

// The SIMD target on processors that lack instructions of this one. QEMU ends the process at the first instruction that the
// processor does not have.

const QEMU = 'qemu-x86_64-static';
const here = process.arch === 'x64' && process.platform === 'linux';
const emulates = here && spawnSync(QEMU, ['--version']).status === 0;
if (here && !emulates && process.env.FRAC_CONNECTIONS_REQUIRE_ARM64 === '1')
  throw new Error(`FRAC_CONNECTIONS_REQUIRE_ARM64 is 1, but there is no ${QEMU}`);

/** Outputs and gradients of a connection, and where they come from. */
const WORK = `
  const { target, targets } = addon.info();
  const connection = new fc.FracConnection({ dim: 76, rate: 4, prenorm: true });
  const h = tf.sin(tf.range(0, 5 * 76)).reshape([5, 76]);
  const loss = x => tf.square(connection.apply(x, y => tf.mul(y, 3))).sum();
  const { value, grads } = tf.variableGrads(() => loss(h));
  const all = [value, tf.grad(loss)(h), ...Object.keys(grads).sort().map(name => grads[name])];
  say({ target, targets, path: fc.path() });
  say(all.map(each => [...each.dataSync()]));`;

describe.runIf(addon && here)('the SIMD target', () => {
  test('is the best that the processor and the system have, by /proc/cpuinfo', () => {
    const flags = new Set(/^flags\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))![1]!.split(' '));
    const have = (...names: string[]) => names.every(name => flags.has(name));
    const expected = [
      ...(have('avx2', 'fma', 'avx512f', 'avx512vl', 'avx512dq', 'avx512bw') ? ['avx512'] : []),
      ...(have('avx2', 'fma') ? ['avx2'] : []),
      'baseline',
    ];
    expect(addon!.info().targets).toEqual(expected);
  });

  test.runIf(emulates).each([
    ['Nehalem, without AVX', 'Nehalem', ['baseline']],
    ['Sandy Bridge, without AVX2', 'SandyBridge', ['baseline']],
    ['Haswell without FMA', 'Haswell,-fma', ['baseline']],
    ['Haswell', 'Haswell', ['avx2', 'baseline']],
  ])('on %s is one that it can run, with the bits of any other processor', (_, processor, targets) => {
    const [said, values] = runChild(WORK, {}, [], [QEMU, '-cpu', processor]);
    expect(said).toEqual({ target: targets[0], targets, path: 'native' });
    const [, expected] = runChild(WORK, { FRAC_CONNECTIONS_SIMD: targets[0]! });
    expect(values).toEqual(expected);
  });
});
