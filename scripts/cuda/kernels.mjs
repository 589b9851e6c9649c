// The names of kernels in the addon's machine code, and the architectures of CMakeLists.txt.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../common/terminal.mjs';

const TYPES = { f: 'float', '6__half': 'float16', '13__nv_bfloat16': 'bfloat16' };
const KERNEL = /\d([a-z][a-z_]*)_kernel(?:I.*?4KindI(f|6__half|13__nv_bfloat16)Li(\d+)ELi(\d+)E)?/;

/** The rows that a kernel reads and writes per token, as multiples of N and M. */
const ROWS = {
  depth_width: { read: [1, 1], written: [1, 1] },
  depth_width_grad: { read: [2, 2], written: [1, 1] },
};
export const OPS = Object.keys(ROWS);

/**
 * The number of 16-byte accesses in the code of a thread for a token, with eight values per row; undefined unless the
 * kernel is of a common variant. With more than four segments the results are written in a loop, one row at a time
 * (kSmall in native/common/cuda/kind.h).
 */
export function accessesOf({ op, type, n, m }) {
  const rows = n > 0 ? ROWS[op] : undefined;
  const count = ([ofN, ofM], n, m) => (ofN * n + ofM * m) * (type === 'float' ? 2 : 1);
  return (
    rows && {
      read: count(rows.read, n, m),
      written: n > 4 ? count(rows.written, 1, 1) : count(rows.written, n, m),
    }
  );
}

/**
 * `{ op, type, n, m }` of a mangled name. A kernel that is not a template has only `op`; the general variant has N = M
 * = 0.
 */
export function kernelOf(mangled) {
  const [, op, type, n, m] = KERNEL.exec(mangled) ?? [];
  if (!op) return { op: mangled };
  return type ? { op, type: TYPES[type], n: Number(n), m: Number(m) } : { op };
}

/** Whether a function is a kernel, and not one that kernels call. */
export const isKernel = mangled => KERNEL.test(mangled);

/** A short name, such as `width_grad float N=4 M=4`. */
export function shortName(mangled) {
  const { op, type, n, m } = kernelOf(mangled);
  if (!type) return op;
  return n > 0 ? `${op} ${type} N=${n} M=${m}` : `${op} ${type} general`;
}

/** `{ machine: ['sm_75', ...], ptx: 'sm_80' }`, with the names of cuobjdump. */
export function wantedArchitectures(root) {
  const text = readFileSync(join(root, 'CMakeLists.txt'), 'utf8');
  const numbers = /set\(FRAC_CUDA_ARCHITECTURES "([\d;]+)"/.exec(text)?.[1].split(';');
  const ptx = /set\(codes compute_(\d+)\)/.exec(text)?.[1];
  if (!numbers || !ptx) throw new SetupError('CMakeLists.txt must set the CUDA architectures');
  return { machine: numbers.map(number => `sm_${number}`), ptx: `sm_${ptx}` };
}
