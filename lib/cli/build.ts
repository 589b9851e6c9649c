import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { AddonInfo } from '../addon/exports.js';
import { FracConnectionsError } from '../common/errors.js';
import { packageRoot } from '../common/root.js';
import { missingTools, run } from './build_tools.js';
import type { Output } from './output.js';
import type { Given } from './settings.js';

const NAME = 'frac_connections.node';
/** npm packages that only a build needs. package.json has their versions. */
const PACKAGES = ['cmake-js', 'node-addon-api', 'node-api-headers'];
/** How many lines of a failed program's output are printed. */
const SHOWN = 30;

/**
 * The command `build`: compiles the native addon for this machine and puts it where the package looks first. The build runs
 * in a temporary folder. The addon is moved into the package after it has been loaded once.
 */
export async function build(given: Given, output: Output): Promise<number> {
  const cuda = (given.cuda ?? 'auto') as 'on' | 'off' | 'auto';
  await checkTools(cuda === 'on');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'frac-connections-build-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const interrupted = () => {
    remove();
    process.exit(130);
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, interrupted);
  try {
    const log = given.verbose === true ? (text: string) => void process.stderr.write(text) : undefined;
    const step = (name: string, program: string, args: string[]) =>
      must(name, program, args, folder, output, log);
    prepare(folder);
    await step('fetching cmake-js and the headers', 'npm', [
      'install',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
    ]);
    await step('configuring', process.execPath, [
      ...cmakeJs(folder, 'configure'),
      `--CDFRAC_CUDA=${cuda.toUpperCase()}`,
    ]);
    await step('compiling, about a minute (with CUDA, about five)', process.execPath, [
      ...cmakeJs(folder, 'build'),
      ...['--parallel', String(os.availableParallelism())],
    ]);
    const built = [path.join(folder, 'build', 'Release', NAME), path.join(folder, 'build', NAME)].find(
      existsSync,
    );
    if (built === undefined) throw new FracConnectionsError('ERR_SETUP', `build: CMake made no ${NAME}`);
    const info = await tryOut(built);
    const file = install(built);
    output.print(`${file}\ninstruction set ${info.target}, ${info.build.compiler}; CUDA: ${info.build.cuda}`);
    return 0;
  } finally {
    for (const signal of signals) process.off(signal, interrupted);
    remove();
  }
}

async function checkTools(cuda: boolean): Promise<void> {
  const lines = await missingTools(cuda);
  if (!existsSync(path.join(packageRoot(), 'CMakeLists.txt')))
    lines.push(`${packageRoot()} has no CMakeLists.txt: reinstall the package`);
  if (lines.length === 0) return;
  const list = lines.map(line => `\n  - ${line}`).join('');
  throw new FracConnectionsError('ERR_SETUP', `build: this machine lacks tools that the build needs${list}`);
}

/** Makes a separate project: cmake-js needs its packages beside the sources, and this package must not change. */
function prepare(folder: string): void {
  for (const name of ['CMakeLists.txt', 'native'])
    cpSync(path.join(packageRoot(), name), path.join(folder, name), { recursive: true });
  const own = JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8'));
  const dependencies = Object.fromEntries(PACKAGES.map(name => [name, own.devDependencies[name]]));
  const project = { name: 'frac-connections-build', private: true, binary: own.binary, dependencies };
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(project));
}

function cmakeJs(folder: string, command: string): string[] {
  const script = path.join(folder, 'node_modules', 'cmake-js', 'bin', 'cmake-js');
  // The kernels are written in the vector types of GCC and Clang.
  const toolset = process.platform === 'win32' ? ['--toolset', 'ClangCL'] : [];
  return [
    script,
    command,
    ...toolset,
    '--out',
    path.join(folder, 'build'),
    '--config',
    'Release',
    '--log-level',
    'warn',
  ];
}

async function must(
  name: string,
  program: string,
  args: string[],
  cwd: string,
  output: Output,
  onOutput?: (text: string) => void,
): Promise<void> {
  output.say(name);
  const finished = await run(program, args, { cwd, onOutput });
  if (finished.code === 0) return;
  const tail = onOutput ? '' : `\n${finished.output.trim().split('\n').slice(-SHOWN).join('\n')}`;
  throw new FracConnectionsError('ERR_SETUP', `build: ${name} failed: ${shown(program, args)}${tail}`);
}

/** A command as a user would type it. */
function shown(program: string, args: string[]): string {
  return program === process.execPath ? `cmake-js ${args[1]}` : `${program} ${args[0]}`;
}

/** Loads the addon in a child process, because a broken one may crash the process. */
async function tryOut(file: string): Promise<AddonInfo> {
  const program = `console.log(JSON.stringify(require(${JSON.stringify(file)}).info()))`;
  const { code, output, stdout } = await run(process.execPath, ['-e', program]);
  if (code !== 0)
    throw new FracConnectionsError(
      'ERR_SETUP',
      `build: the addon was built but does not load: ${output.trim()}`,
    );
  return JSON.parse(stdout); // Node prints its warnings to stderr
}

/** Moves the addon into the package with one rename. A process that has the old addon loaded keeps it. */
function install(built: string): string {
  const file = path.join(packageRoot(), 'build', 'Release', NAME);
  const temporary = `${file}.tmp-${process.pid}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    copyFileSync(built, temporary);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new FracConnectionsError('ERR_SETUP', `build: cannot write ${file}: ${(error as Error).message}`);
  }
  return file;
}
