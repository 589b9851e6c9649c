// Runs child processes with a time limit, and captures their output.
import { spawn } from 'node:child_process';

/**
 * Runs a program to its end. The promise never rejects. `code` is the exit status, or null if the program could not be
 * started (`error`), was killed (`signal`) or exceeded the time limit (`timedOut`).
 *
 * The child has its own process group, so that the time limit also ends the processes that it has started.
 */
export function run(program, args, { cwd, env, timeout = 0 } = {}) {
  return new Promise(done => {
    const child = spawn(program, args, {
      cwd,
      env: env ?? process.env,
      detached: timeout > 0,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    const timer =
      timeout > 0 &&
      setTimeout(() => {
        timedOut = true;
        process.kill(-child.pid, 'SIGKILL');
      }, timeout);
    // Ctrl-C goes only to the process group of the terminal, which does not contain this child.
    const interrupt = () => {
      process.kill(-child.pid, 'SIGKILL');
      process.exit(130);
    };
    if (timeout > 0) process.once('SIGINT', interrupt);
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr += text;
    });
    const finish = (code, signal, error) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupt);
      done({ code, signal, error, timedOut, stdout, stderr });
    };
    child.on('error', error => finish(null, null, error));
    child.on('close', (code, signal) => finish(code, signal));
  });
}
