import { spawn } from 'node:child_process';

/** The result of a program. `code` is null if it could not be started. */
export interface Finished {
  code: number | null;
  /** Everything that it printed, stdout and stderr. */
  output: string;
  /** What it printed to stdout. */
  stdout: string;
}

/** Runs a program and waits for its end. Its output is kept, and passed to `onOutput` as it arrives. */
export function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; onOutput?: (text: string) => void } = {},
): Promise<Finished> {
  return new Promise(done => {
    // On Windows npm is a script, and only a shell can start it.
    const shell = process.platform === 'win32' && program === 'npm';
    const child = spawn(program, args, { cwd: options.cwd, shell, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let stdout = '';
    const take = (text: string) => {
      output += text;
      options.onOutput?.(text);
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      take(text);
    });
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', error => done({ code: null, output: error.message, stdout }));
    child.on('close', code => done({ code, output, stdout }));
  });
}

/** A tool that a build needs: the programs to look for, and how to install it. */
interface Tool {
  name: string;
  /** Any one of them is enough. */
  programs: string[];
  /** What a program must be asked, if not its version. */
  args?: string[];
  install: Partial<Record<NodeJS.Platform, string>>;
  /** The reason why a program that was found cannot be used, from its output. */
  unfit?(output: string): string | undefined;
}

function tooOld(output: string): string | undefined {
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(output) ?? [];
  if (major === undefined || Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 18))
    return undefined;
  return `${major}.${minor} is too old: 3.18 or newer is needed`;
}

const CMAKE: Tool = {
  name: 'CMake',
  programs: ['cmake'],
  install: {
    linux: 'apt install cmake',
    darwin: 'brew install cmake',
    win32: 'winget install Kitware.CMake',
  },
  unfit: tooOld,
};

const COMPILER: Tool = {
  name: 'a C++ compiler (GCC or Clang)',
  programs: ['g++', 'c++', 'clang++'],
  install: { linux: 'apt install g++', darwin: 'xcode-select --install' },
};

const COMPONENTS = ['Workload.VCTools', 'Component.VC.Llvm.Clang', 'Component.VC.Llvm.ClangToolset'].map(
  name => `Microsoft.VisualStudio.${name}`,
);

/** CMake builds with Visual Studio's own Clang there. `vswhere` prints the folder of a Visual Studio that has it. */
const VISUAL_STUDIO: Tool = {
  name: 'Visual Studio 2022 or its Build Tools, with Clang',
  programs: [`${process.env['ProgramFiles(x86)']}\\Microsoft Visual Studio\\Installer\\vswhere.exe`],
  args: ['-products', '*', '-requires', ...COMPONENTS.slice(1), '-property', 'installationPath'],
  unfit: output => (output.trim() === '' ? 'found without its Clang' : undefined),
  install: {
    win32:
      'winget install Microsoft.VisualStudio.2022.BuildTools --override ' +
      `"--passive ${COMPONENTS.map(name => `--add ${name}`).join(' ')}"`,
  },
};

const MAKE: Tool = {
  name: 'make or ninja',
  programs: ['make', 'ninja'],
  install: { linux: 'apt install make', darwin: 'xcode-select --install' },
};

const NPM: Tool = { name: 'npm', programs: ['npm'], install: {} };

const NVCC: Tool = {
  name: "nvcc, CUDA 13's compiler",
  programs: ['nvcc'],
  install: { linux: "install NVIDIA's CUDA toolkit and put its bin folder on PATH" },
};

/** Undefined if the tool is installed; else a line that says what is missing and how to install it. */
async function missing(tool: Tool): Promise<string | undefined> {
  let unfit = `not found (looked for ${tool.programs.join(', ')})`;
  for (const program of tool.programs) {
    const { code, output } = await run(program, tool.args ?? ['--version']);
    if (code !== 0) continue;
    const reason = tool.unfit?.(output);
    if (reason === undefined) return undefined;
    unfit = reason;
  }
  const how = tool.install[process.platform];
  return `${tool.name}: ${unfit}${how === undefined ? '' : `; to install it: ${how}`}`;
}

function compiler(): Tool {
  if (process.platform === 'win32') return VISUAL_STUDIO;
  return process.env.CXX ? { ...COMPILER, programs: [process.env.CXX] } : COMPILER;
}

/** A line for each thing that a build needs and this machine lacks. `CXX` names another compiler. */
export async function missingTools(cuda: boolean): Promise<string[]> {
  const tools = [CMAKE, compiler(), NPM];
  if (process.platform !== 'win32') tools.push(MAKE);
  if (cuda) tools.push(NVCC);
  const lines = await Promise.all(tools.map(missing));
  return lines.filter(line => line !== undefined);
}
