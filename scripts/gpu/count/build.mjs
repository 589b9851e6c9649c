// What is counted: the machine code of the common kinds for an H100, and the program that says what a kernel is given.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from '../../common/child.mjs';
import { findCompiler } from '../../common/compiler.mjs';
import { ROOT } from '../../common/paths.mjs';
import { explain, SetupError } from '../../common/terminal.mjs';
import { wantedArchitectures } from '../../cuda/kernels.mjs';
import { cuobjdump, findNvcc, findNvdisasm } from '../../cuda/tools.mjs';
import { parseCubin } from './disassembly.mjs';

const OUT = join(ROOT, 'build', 'machine_code');
const SOURCE = join(ROOT, 'native', 'ops', 'frac_depth_width', 'frac_depth_width_cuda.cu');
const ARGUMENTS = join(ROOT, 'scripts', 'gpu', 'count', 'arguments.cc');
const COMMON = ['-std=c++17', '-DFRAC_COMMON_KINDS=true', `-I${join(ROOT, 'native')}`];

async function succeed(program, args) {
  const { code, signal, error, stdout, stderr } = await run(program, args);
  if (code !== 0) {
    const reason = error?.message ?? stderr.split('\n').find(line => /error/i.test(line)) ?? stderr;
    throw new SetupError(`${program} ended with ${signal ?? code}: ${explain(reason)}`);
  }
  return stdout;
}

/** nvcc's options, those of CMakeLists.txt for common kinds. */
function cudaOptions() {
  const text = readFileSync(join(ROOT, 'CMakeLists.txt'), 'utf8');
  const options = /set\(cuda_options ([^)]+)\)/.exec(text)?.[1].split(' ');
  if (!options) throw new SetupError('CMakeLists.txt does not say which options nvcc gets');
  const virtual = wantedArchitectures(ROOT).ptx.replace('sm', 'compute');
  return ['-O3', '-DNDEBUG', ...options, '-gencode', `arch=${virtual},code=sm_90`];
}

/** The kernels as they are in native/, compiled for the H100 alone. */
async function compile() {
  const nvcc = findNvcc();
  const nvdisasm = await findNvdisasm();
  mkdirSync(OUT, { recursive: true });
  const cubin = join(OUT, 'kernels.cubin');
  await succeed(nvcc, [...COMMON, ...cudaOptions(), '-cubin', SOURCE, '-o', cubin]);
  return parseCubin(await succeed(nvdisasm, [cubin]));
}

/** The kernels in a built addon: minutes faster, where there is one. */
async function extract(addon) {
  const dump = await cuobjdump();
  const nvdisasm = await findNvdisasm();
  const folder = join(OUT, 'cubins');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await dump(['-xelf', 'sm_90', addon], () => undefined, folder);
  const cubins = readdirSync(folder);
  if (cubins.length === 0) throw new SetupError(`${addon} has no machine code for sm_90`);
  const texts = await Promise.all(cubins.map(name => succeed(nvdisasm, [join(folder, name)])));
  return new Map(texts.flatMap(text => [...parseCubin(text)]));
}

async function buildProgram() {
  const compiler = await findCompiler();
  mkdirSync(OUT, { recursive: true });
  const program = join(OUT, 'arguments');
  const emulated = ['-DFRAC_CUDA=1', '-DFRAC_CUDA_EMULATED=1', '-Wno-unknown-pragmas'];
  await succeed(compiler, [...COMMON, ...emulated, ARGUMENTS, '-pthread', '-o', program]);
  return program;
}

/**
 * `{ kernels, program }`: parseCubin's kernels, and the path of the program made of arguments.cc. Throws a SetupError that names the
 * first tool that is missing.
 *
 * @param addon a built addon with CUDA, whose kernels are taken rather than those that are compiled anew
 */
export async function build(addon) {
  const program = await buildProgram();
  return { kernels: addon ? await extract(resolve(addon)) : await compile(), program };
}
