// Parses the output of `cuobjdump --dump-resource-usage`, and finds its errors: a kernel that uses local memory, or an
// architecture without kernels.
import { isKernel, shortName } from './kernels.mjs';

/** `{ kernels: [{ name, arch, registers, stack, local }], files: { 'elf sm_75': count, 'ptx sm_80': count } }` */
export function parseResources(text) {
  const kernels = [];
  const files = {};
  let part; // elf or ptx
  let arch;
  let name;
  for (const line of text.split('\n')) {
    part = /^Fatbin (elf|ptx) code/.exec(line)?.[1] ?? part;
    const found = /^arch = (\w+)/.exec(line)?.[1];
    if (found) arch = found;
    if (found) files[`${part} ${arch}`] = (files[`${part} ${arch}`] ?? 0) + 1;
    name = /^\s*Function (\w+):/.exec(line)?.[1] ?? name;
    const numbers = /REG:(\d+) STACK:(\d+) .*LOCAL:(\d+)/.exec(line)?.slice(1).map(Number);
    if (!numbers) continue;
    const [registers, stack, local] = numbers;
    kernels.push({ name, arch, registers, stack, local });
  }
  return { kernels, files };
}

/** A line for each kernel that has a stack frame or local memory. */
export function spills({ kernels }) {
  return kernels
    .filter(({ stack, local }) => stack > 0 || local > 0)
    .map(
      ({ name, arch, stack, local, registers }) =>
        `${shortName(name)} ${arch}: ${stack} bytes of stack, ${local} of local memory (${registers} registers)`,
    );
}

/** A line for each architecture that lacks kernels of another one, and for missing PTX. */
export function absences({ kernels, files }, wanted) {
  const names = new Set(kernels.map(({ name }) => name).filter(isKernel));
  if (names.size === 0) return ['the addon has no kernel'];
  const lines = [];
  for (const arch of wanted.machine) {
    const here = new Set(kernels.filter(kernel => kernel.arch === arch).map(({ name }) => name));
    const missing = [...names].filter(name => !here.has(name)).map(shortName);
    if (here.size === 0) lines.push(`${arch}: no machine code`);
    else if (missing.length > 0) lines.push(`${arch}: lacks ${missing.join(', ')}`);
  }
  const extra = new Set(kernels.map(({ arch }) => arch).filter(arch => !wanted.machine.includes(arch)));
  for (const arch of extra) lines.push(`${arch}: not in CMakeLists.txt's FRAC_CUDA_ARCHITECTURES`);
  // The common variants have no PTX; they are one file per architecture. Every other source file has one of each.
  const sources = Math.max(...wanted.machine.map(arch => files[`elf ${arch}`] ?? 0)) - 1;
  const ptx = files[`ptx ${wanted.ptx}`] ?? 0;
  if (ptx < sources)
    lines.push(`${wanted.ptx.replace('sm', 'compute')}: PTX of ${ptx} files, expected ${sources}`);
  return lines;
}

/** A summary, such as `147 kernels for sm_75 sm_80 sm_90, at most 128 registers (width_grad float N=4 M=4 sm_90)`. */
export function summary({ kernels: functions }) {
  const kernels = functions.filter(({ name }) => isKernel(name));
  const names = new Set(kernels.map(({ name }) => name));
  const archs = new Set(kernels.map(({ arch }) => arch));
  const most = kernels.reduce((a, b) => (b.registers > a.registers ? b : a));
  return (
    `${names.size} kernels for ${[...archs].join(' ')}, at most ${most.registers} registers ` +
    `(${shortName(most.name)} ${most.arch})`
  );
}
