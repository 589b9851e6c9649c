// A contender in another language: a program that reads one call in JSON per line, and writes one line for each, in the
// same order.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Has the same interface as startContender: `ask(name, argument)`, `close()`. */
export function startProgram(program, args, env = {}) {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true, // Ctrl-C is for the parent; this process ends with its input
  });
  const waiting = [];
  let said = '';
  let gone;
  const end = reason => {
    gone ??= `${program} ended with ${reason}: ${said.slice(-2000)}`;
    for (const { reject } of waiting.splice(0)) reject(new Error(gone));
  };
  child.stderr.on('data', text => {
    said += text;
  });
  child.stdin.on('error', error => end(error.code)); // the program ended before it read a call
  createInterface({ input: child.stdout }).on('line', line => {
    const { resolve, reject } = waiting.shift();
    const { value, error } = JSON.parse(line);
    if (error === undefined) resolve(value);
    else reject(new Error(error));
  });
  const ended = new Promise(resolve => {
    child.once('error', error => {
      end(error.code);
      resolve();
    });
    child.once('close', (code, signal) => {
      end(signal ?? code);
      resolve();
    });
  });
  return {
    ask(name, argument = {}) {
      return new Promise((resolve, reject) => {
        if (gone !== undefined) return reject(new Error(gone));
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify({ name, argument })}\n`);
      });
    },
    close() {
      child.stdin.end();
      return ended;
    },
  };
}
