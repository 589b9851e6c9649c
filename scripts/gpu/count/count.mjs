// What a token costs a multiprocessor of an H100: clocks in which its instructions are issued, in which the shared-memory pipe is
// busy, and in which memory moves the token's values.

import { run } from '../../common/child.mjs';
import { SetupError } from '../../common/terminal.mjs';
import { kernelOf } from '../../cuda/kernels.mjs';
import { Warp } from './warp.mjs';

const MULTIPROCESSORS = 132;
const SCHEDULERS = 4;
/** That memory delivers to a multiprocessor a clock: 3.35 TB/s, 132 of them, 1.7 GHz (data sheet). */
const BYTES_A_CLOCK = 14.9;
/** Rows that an op moves a token, each once: of n segments, as h, and of m, as y (bench/NOTES.md). */
const MOVED = {
  width: [1, 1],
  depth: [2, 1],
  depth_width: [2, 2],
  width_grad: [2, 1],
  depth_grad: [3, 2],
  depth_width_grad: [3, 3],
};
export const OPS = Object.keys(MOVED);
/** The names that machine code has for types, in the order of the kernels' Dtype, and the bytes of a value. */
const TYPES = {
  float32: { name: 'float', bytes: 4 },
  bfloat16: { name: 'bfloat16', bytes: 2 },
  float16: { name: 'float16', bytes: 2 },
};
export const TYPE_NAMES = Object.keys(TYPES);

/** The kernel that an op runs: one for all three, forward, and one for their gradients. */
function kernelFor(kernels, { op, type, n, m }) {
  const wanted = op.endsWith('_grad') ? 'depth_width_grad' : 'depth_width';
  for (const [mangled, kernel] of kernels) {
    const found = kernelOf(mangled);
    if (found.op === wanted && found.type === TYPES[type].name && found.n === n && found.m === m)
      return kernel;
  }
  throw new SetupError(`no common kind has n x m = ${n}x${m} in ${type} (native/common/cuda/kinds.h)`);
}

/**
 * `{ size, teams, argument }`: threads of a team, teams of a block, and the bytes of a launch with so many tokens a team; undefined
 * where no common kind takes the size.
 */
async function launchOf(program, { op, type, n, m, dim, prenorm }, tokens) {
  const args = [op, TYPE_NAMES.indexOf(type), n, m, dim, Number(prenorm), tokens].map(String);
  const { code, stdout } = await run(program, args);
  if (code === 2) return undefined;
  if (code !== 0) throw new SetupError(`the program of arguments.cc ended with ${code}`);
  const [size, teams, bytes] = stdout.trim().split(' ');
  return { size: Number(size), teams: Number(teams), argument: Buffer.from(bytes, 'hex') };
}

/** The first bank of constants, as the driver fills it: sizes of the launch, then the argument. */
function constantsOf({ argument: { offset, bytes } }, { size, teams, argument }) {
  if (argument.length !== bytes)
    throw new SetupError(`the kernel's argument has ${bytes} bytes, the host's ${argument.length}`);
  const constants = new DataView(new ArrayBuffer(4096));
  constants.setUint32(0, size * teams, true); // blockDim.x
  constants.setUint32(0xc, MULTIPROCESSORS, true); // gridDim.x
  for (const [i, byte] of argument.entries()) constants.setUint8(offset + i, byte);
  return constants;
}

/** What all warps of the first team do, added up. */
function walk(kernel, launch) {
  const constants = constantsOf(kernel, launch);
  const total = { issued: 0, clocks: 0 };
  for (let first = 0; first < launch.size; first += 32) {
    const { issued, clocks } = new Warp(kernel, { constants, first }).run();
    total.issued += issued;
    total.clocks += clocks;
  }
  return total;
}

function bytesOf({ op, type, n, m, dim }) {
  const [states, inputs] = MOVED[op];
  return ((states * n + inputs * m) * dim * TYPES[type].bytes) / m;
}

/**
 * A row of the table, for `{ op, type, n, m, dim, prenorm }`: a fourth token less three, so that what a launch costs once is out.
 * Undefined where no common kind takes the size.
 */
export async function count({ kernels, program }, wanted) {
  const kernel = kernelFor(kernels, wanted);
  const launches = [await launchOf(program, wanted, 3), await launchOf(program, wanted, 4)];
  if (launches.includes(undefined)) return undefined;
  const [before, after] = launches.map(launch => walk(kernel, launch));
  const warps = launches[0].size / 32;
  const issued = after.issued - before.issued;
  return {
    warps,
    teams: launches[0].teams,
    instructions: issued / warps,
    issue: issued / SCHEDULERS,
    shared: after.clocks - before.clocks,
    memory: bytesOf(wanted) / BYTES_A_CLOCK,
  };
}
