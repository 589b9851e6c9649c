import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import type { Addon } from '../../lib/addon/exports.js';
import { Random } from '../../lib/common/random.js';
import { OPS, type Stem } from '../../lib/contract/ops.js';
import { type Norm, resolveOptions } from '../../lib/contract/options.js';
import { nativeKernels } from '../../lib/paths/native/kernels.js';
import { addon, binary, root } from './addon.js';
import { makeRun, type Run, runKernels } from './kernels.js';

// A compiler's own vectorizer makes versions of a loop, one for arrays that may overlap, and the versions round differently:
// what comes out would depend on where arrays happen to lie. So the same calls, with all arrays in one block of memory, in
// other orders and at other distances.

const STEMS = Object.keys(OPS) as Stem[];
const PLACEMENTS = 24;
const arena = new Float32Array(1 << 20);

/** The addon, but that every call's arrays lie in the arena as the seed has it. */
function placed(real: Addon, seed: number): Addon {
  const moved =
    (call: (...args: never[]) => void) =>
    (...args: unknown[]) => {
      const random = new Random(seed);
      const below = (limit: number) => random.int(limit);
      const arrays = args.filter(each => ArrayBuffer.isView(each)) as Float32Array[];
      const views = new Map<Float32Array, Float32Array>();
      let at = below(32);
      for (const array of shuffled(arrays, below)) {
        const view = arena.subarray(at, at + array.length);
        view.set(array);
        views.set(array, view);
        at += array.length + [0, 1, below(16), 16][below(4)]!; // side by side, or a few values apart
      }
      call(...(args.map(each => views.get(each as Float32Array) ?? each) as never[]));
      for (const [array, view] of views) array.set(view);
    };
  const functions = Object.entries(real).map(([name, value]) =>
    name.startsWith('frac') ? [name, moved(value as never)] : [name, value],
  );
  return Object.fromEntries(functions) as Addon;
}

function shuffled<T>(list: T[], below: (limit: number) => number): T[] {
  const left = [...list];
  return list.map(() => left.splice(below(left.length), 1)[0]!);
}

const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** Runs with sizes known when the kernels were compiled and others, whole vectors and rests, all kinds of options. */
function runsOf(stem: Stem): Run[] {
  const sizes = [
    [4, 4, 16],
    [4, 4, 13],
    [4, 1, 32],
    [2, 2, 37],
    [6, 3, 9],
    [16, 8, 5],
    [1, 1, 70],
    [3, 3, 48],
  ] as const;
  return sizes.map(([n, m, c], i) => {
    const norm = (['rms', 'layer', 'none'] satisfies Norm[])[i % 3]!;
    const flags = { dynamicAlpha: i !== 5, dynamicBeta: i !== 6, tanh: i % 4 !== 3, scale: i % 2 === 0 };
    const o = resolveOptions('test', { dim: m * c, streams: n / m, fractions: m, norm, ...flags });
    return makeRun(
      stem,
      o,
      7,
      i % 2 === 1,
      { alphaPerToken: i !== 2, betaPerToken: i !== 4, readPerToken: i !== 2, state: i === 3 },
      i + 1,
    );
  });
}

describe.runIf(addon)('native kernels give the same bits wherever arrays lie', () => {
  afterAll(() => addon!.setTarget('auto'));

  test.each(STEMS)('%s', stem => {
    const kernels = Array.from({ length: PLACEMENTS }, (_, seed) => nativeKernels(placed(addon!, seed)));
    tf.tidy(() => {
      for (const run of runsOf(stem)) {
        for (const target of addon!.info().targets) {
          addon!.setTarget(target);
          const first = runKernels(kernels[0]![stem], run).arrays;
          for (const [seed, each] of kernels.entries()) {
            const again = runKernels(each[stem], run).arrays;
            for (const [name, values] of Object.entries(first)) {
              const same = Buffer.compare(bytes(values), bytes(again[name]!)) === 0;
              const { n, m, c } = run.o;
              expect(same, `${name} on ${target}, n ${n}, m ${m}, c ${c}, placement ${seed}`).toBe(true);
            }
          }
        }
      }
    });
  });
});

interface Command {
  directory: string;
  command: string;
  file: string;
}

const commandsFile = join(root, 'build', 'cmake', 'compile_commands.json');
const ours = binary === join(root, 'build', 'Release', 'frac_connections.node');

// The versions differ in their last bits only for some sums, and the choice may fall the same way a thousand times: what the
// test above may miss, the compiler tells.
describe.runIf(addon && ours && existsSync(commandsFile))('the kernels were compiled', () => {
  const commands = (JSON.parse(readFileSync(commandsFile, 'utf8')) as Command[]).filter(({ file }) =>
    /_cpu\.cc$/.test(file),
  );

  test('with no vectorizer, on every instruction set', () => {
    const built = new Set(commands.map(({ command }) => /FRAC_TARGET=(\w+)/.exec(command)![1]));
    expect([...built]).toEqual(expect.arrayContaining(addon!.info().targets));
    // frac_read and frac_depth_read run the kernels of the width connection.
    const withKernels = STEMS.filter(stem => existsSync(join(root, 'native', 'ops', stem, `${stem}_cpu.cc`)));
    expect(withKernels).toEqual(['frac_width', 'frac_depth', 'frac_depth_width']);
    expect(commands.length).toBe(withKernels.length * built.size);
    for (const { command } of commands) {
      const words = command.split(' ');
      const last = words.findLast(word => /tree-.*vectorize|-O\d|-Ofast/.test(word));
      expect(last, command).toMatch(/^(-fno-tree-vectorize|\/clang:-fno-tree-vectorize)$/);
    }
  });

  const gnu = /GNU/.test(addon?.info().build.compiler ?? ''); // others have no such report
  test.runIf(gnu)('in one version of each loop, says the compiler', () => {
    const { directory, command } = commands.find(({ command: each }) =>
      /FRAC_TARGET=baseline.*frac_depth_cpu/.test(each),
    )!;
    const [compiler, ...args] = command.split(' ');
    const output = args.indexOf('-o');
    const report = [...args.with(output + 1, '/dev/null'), '-fopt-info-vec-optimized'];
    const { stderr, status } = spawnSync(compiler!, report, { cwd: directory, encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stderr).not.toContain('versioned');
  });
});
