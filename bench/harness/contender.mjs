// The parent's side of a contender: starts a new process that runs one call at a time, and sleeps between calls.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));

/** Starts a process with a module. `ask(name, argument)` calls one of the module's functions in it. */
export function startContender(url, env = {}) {
  const child = fork(CHILD, [String(url)], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', ...env },
    execArgv: ['--expose-gc'],
    silent: true,
    detached: true, // Ctrl-C is for the parent, which ends this process when it has shown its rows
  });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => said.push(String(text)));
  const open = new Map();
  let next = 0;
  child.on('message', ({ id, value, error }) => {
    const { resolve, reject } = open.get(id);
    open.delete(id);
    if (error === undefined) resolve(value);
    else reject(new Error(error));
  });
  const ended = new Promise(resolve => child.once('exit', resolve));
  child.on('exit', (code, signal) => {
    for (const { reject } of open.values())
      reject(new Error(`a contender ended with ${signal ?? code}: ${said.join('').slice(-2000)}`));
    open.clear();
  });
  return {
    ask(name, argument) {
      return new Promise((resolve, reject) => {
        if (!child.connected) return reject(new Error(`a contender is gone: ${said.join('').slice(-2000)}`));
        const id = next++;
        open.set(id, { resolve, reject });
        child.send({ id, name, argument });
      });
    },
    close() {
      if (child.connected) child.disconnect();
      return ended;
    },
  };
}
