import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, vi } from 'vitest';
import { run as runCommand } from '../../lib/cli/program.js';
import { packageRoot } from '../../lib/common/root.js';

const MAIN = path.join(packageRoot(), 'dist', 'esm', 'cli', 'main.js');

/** The backend under test. */
export const backend = process.env.TEST_BACKEND ?? 'cpu';

/** How a command ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The command line in a folder of a test file's own, which is gone when the file ends. */
export function commandLine() {
  const folder = mkdtempSync(path.join(tmpdir(), 'frac-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Writes a file into the folder and returns its path. */
  function file(name: string, content: string | Uint8Array): string {
    const target = path.join(folder, name);
    writeFileSync(target, content);
    return target;
  }

  /** Text with something to learn. */
  const text = file('text.txt', 'the cat sat on the mat. the dog ate the log. '.repeat(60));

  return {
    folder,
    file,
    text,
    /** The smallest model that does all there is to do, on the backend under test. */
    tiny: [
      ...['--backend', backend, '--data', text, '--layers', '1', '--dim', '8', '--heads', '2'],
      ...['--context', '8', '--batch', '2', '--steps', '6', '--eval-every', '3', '--eval-batches', '1'],
    ],
    run: (...args: string[]) => runInTurn(folder, args),
    start: (...args: string[]) => startIn(folder, {}, args),
    /** Starts with more environment variables. */
    startWith: (env: NodeJS.ProcessEnv, ...args: string[]) => startIn(folder, env, args),
  };
}

/** Starts the built command line in a process of its own. */
function startIn(
  folder: string,
  env: NodeJS.ProcessEnv,
  args: string[],
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => resolve({ code, ...texts }));
  });
  return { child, ended };
}

let last: Promise<unknown> = Promise.resolve();

/** Runs the command line in this process, once the command before it has ended: there is one stdout. */
function runInTurn(folder: string, args: string[]): Promise<Ended> {
  const next = last.then(() => runIn(folder, args));
  last = next.catch(() => undefined);
  return next;
}

async function runIn(folder: string, args: string[]): Promise<Ended> {
  const texts = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map(name =>
    vi.spyOn(process[name], 'write').mockImplementation(text => {
      texts[name] += text;
      return true;
    }),
  );
  const before = process.cwd();
  process.chdir(folder);
  try {
    return { code: await runCommand(args), ...texts };
  } finally {
    process.chdir(before);
    for (const spy of spies) spy.mockRestore();
  }
}
