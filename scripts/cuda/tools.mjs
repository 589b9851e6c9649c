// Finds cuobjdump, and nvdisasm, which cuobjdump calls: those of the CUDA toolkit, or else two small wheels of NVIDIA
// in the cache. Also finds nvcc.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { run } from '../common/child.mjs';
import { withLock } from '../common/lock.mjs';
import { CACHE } from '../common/paths.mjs';
import { findPython } from '../common/python.mjs';
import { explain, SetupError, say } from '../common/terminal.mjs';

const VERSION = '13.5.37';
const PACKAGES = ['nvidia-cuda-cuobjdump', 'nvidia-cuda-nvdisasm'].map(name => `${name}==${VERSION}`);
const TOOLS = ['cuobjdump', 'nvdisasm'];
const SUFFIX = process.platform === 'win32' ? '.exe' : '';
const CACHED = join(CACHE, `cuda-tools-${VERSION}`);
const cachedBin = join(CACHED, 'nvidia', 'cu13', 'bin');

const hasTool = (folder, name) => existsSync(join(folder, name + SUFFIX));

/** Folders of the system that may contain the tools. */
function systemFolders() {
  const toolkit = process.env.CUDA_PATH || process.env.CUDA_HOME || '/usr/local/cuda';
  return [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), join(toolkit, 'bin')];
}

async function install() {
  if (TOOLS.every(name => hasTool(cachedBin, name))) return;
  const python = await findPython();
  const temporary = `${CACHED}.tmp-${process.pid}`;
  say('CUDA', `pip installs ${PACKAGES.join(' ')} in ${CACHE}`);
  const options = [
    '--no-deps',
    '--only-binary=:all:',
    '--disable-pip-version-check',
    '--no-input',
    '--quiet',
  ];
  const patience = ['--retries', '1', '--timeout', '20'];
  const args = ['-m', 'pip', 'install', ...options, ...patience, '--target', temporary, ...PACKAGES];
  try {
    const { code, stderr } = await run(python, args, { timeout: 300_000 });
    if (code !== 0) throw new SetupError(`no cuobjdump, and pip cannot install it: ${explain(stderr)}`);
    rmSync(CACHED, { recursive: true, force: true });
    renameSync(temporary, CACHED);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  const missing = TOOLS.filter(name => !hasTool(cachedBin, name));
  if (missing.length > 0) throw new SetupError(`${PACKAGES.join(' ')} did not install ${missing.join(', ')}`);
}

/** The folders of the two tools. */
async function findTools() {
  const found = TOOLS.map(name => systemFolders().find(folder => hasTool(folder, name)));
  if (found.every(Boolean)) return found;
  if (!TOOLS.every(name => hasTool(cachedBin, name))) {
    mkdirSync(CACHE, { recursive: true });
    await withLock(CACHE, install, pid => say('CUDA', `waiting for another set-up (process ${pid})`));
  }
  return [cachedBin, cachedBin];
}

/** The path of nvdisasm. */
export async function findNvdisasm() {
  const [, folder] = await findTools();
  return join(folder, `nvdisasm${SUFFIX}`);
}

/** The path of nvcc. */
export function findNvcc() {
  const folder = systemFolders().find(each => hasTool(each, 'nvcc'));
  if (!folder) throw new SetupError('no nvcc: install the CUDA toolkit, or set CUDA_PATH to its folder');
  return join(folder, `nvcc${SUFFIX}`);
}

/**
 * Returns a function that runs cuobjdump, in a folder if one is given, and passes each line to `take`. A disassembly has
 * hundreds of megabytes.
 */
export async function cuobjdump() {
  const [folder, disassembler] = await findTools();
  const env = { ...process.env, PATH: [disassembler, process.env.PATH].join(delimiter) };
  return (args, take, cwd) =>
    new Promise((done, fail) => {
      const child = spawn(join(folder, `cuobjdump${SUFFIX}`), args, {
        cwd,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', text => {
        stderr += text;
      });
      const lines = createInterface({ input: child.stdout }).on('line', take);
      const read = new Promise(end => lines.on('close', end));
      child.on('error', fail);
      child.on('close', async (code, signal) => {
        await read;
        if (code === 0) done();
        else fail(new SetupError(`cuobjdump ended with ${signal ?? code}: ${explain(stderr)}`));
      });
    });
}
