import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { binary, root } from './addon.js';

const dist = join(root, 'dist');

/**
 * Runs a program in a process of its own, where nothing can take the test run down with it: an ES module that has the built
 * package as `fc`, tfjs as `tf` on its cpu backend, the addon as `addon`, and `say`, which adds to what is returned. An emulator is
 * the start of a command line that runs Node on another processor.
 */
export function runChild(
  program: string,
  env: Record<string, string> = {},
  flags: string[] = [],
  emulator: string[] = [],
) {
  if (!existsSync(join(dist, '.stamp'))) throw new Error('dist/ is not built: type npm run build');
  const code = `
    import { createRequire } from 'node:module';
    import * as tf from '@tensorflow/tfjs';
    import * as fc from '${dist}/esm/index.js';
    const require = createRequire('${root}/package.json');
    const addon = process.env.FRAC_CONNECTIONS_NATIVE === 'off' ? undefined : require('${binary}');
    tf.enableProdMode();
    await tf.setBackend('cpu');
    const said = [];
    const say = value => said.push(value);
    ${program}
    console.log(JSON.stringify(said));`;
  const [command, ...args] = [...emulator, process.execPath, ...flags, '--input-type=module', '-e', code];
  const { stdout, stderr, status, signal } = spawnSync(command!, args, {
    encoding: 'utf8',
    cwd: root,
    env: { ...process.env, FRAC_CONNECTIONS_PATH: '', FRAC_CONNECTIONS_SIMD: '', ...env },
  });
  if (status !== 0) throw new Error(`the child ended with ${signal ?? status}: ${stderr}`);
  return JSON.parse(stdout) as unknown[];
}

/** Programs may ask for a call's arguments by these: T 3, n 4, m 2, c 5, dynamic, RMSNorm, no scale and no pre-norm. */
export const ARRAYS = `
  const f = size => Float32Array.from({ length: size }, (_, i) => Math.sin(i + size));
  const sizes = [3, 4, 2, 5, 1, 1 + 2 + 4, 1e-5, 1e-5]; // tokens, n, m, c, norm, flags, epsilon, prenormEpsilon
  const none = undefined;
  const given = [...sizes.slice(0, 5), 128, ...sizes.slice(6)]; // the alpha to read with has a row a token
  const weights = () => [f(24), f(4), f(5), none, f(30), f(5), none, none, none];
  const width = (change = {}) => {
    const given = { x: f(30), alpha: f(72), beta: f(12), h: f(60), w: weights(), ...change };
    const config = sizes.map((value, i) => change.sizes?.[i] ?? value);
    return [...config, given.x, given.alpha, given.beta, given.h, ...given.w];
  };
  const widthGrad = dState =>
    [...sizes, f(60), ...weights(), f(60), ...weights(), f(30), f(72), f(12), dState];`;
