// Child processes, their output kept, with a time limit.
import { spawn } from 'node:child_process';

/**
 * Runs a program to its end. Never rejects: `code` is the exit status, or null when it could not be started (`error`),
 * was killed (`signal`) or ran out of time (`timedOut`).
 *
 * The child leads its own process group, so that the time limit ends what it has started too.
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
    // Ctrl-C reaches the terminal's own group only, which this child has left.
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
