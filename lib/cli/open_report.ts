import { spawn } from 'node:child_process';
import type { Output } from './output.js';

/** The program that opens a file in the user's default program, and its first arguments. */
const OPENERS: Partial<Record<NodeJS.Platform, [string, ...string[]]>> = {
  darwin: ['open'],
  // Not `start`: cmd.exe would read `&` and `%` in a path.
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
const OTHERS: [string, ...string[]] = ['xdg-open'];

/** A program that still runs after this has worked. Some run until the browser is closed. */
const WAIT_MS = 3000;

/** Opens a report in the user's browser. A failure is only a warning, because the report has been written. */
export async function openReport(file: string, output: Output): Promise<void> {
  const [program, ...args] = OPENERS[process.platform] ?? OTHERS;
  const problem = await start(program, [...args, file]);
  if (problem !== undefined) output.warn(`The report could not be opened in a browser: ${problem}`);
}

/** Starts a program and leaves it to itself. Undefined if it seems to work, else what is wrong. */
function start(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise(done => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    const timer = setTimeout(() => done(undefined), WAIT_MS);
    const end = (problem?: string) => {
      clearTimeout(timer);
      done(problem);
    };
    child.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ENOENT' ? `${program} is not installed` : error.message),
    );
    child.on('exit', (code, signal) =>
      end(code === 0 ? undefined : `${program} failed with ${code === null ? signal : `exit code ${code}`}`),
    );
    // The command may end while the browser is open.
    child.unref();
  });
}
