import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const root = join(import.meta.dirname, '..', '..');
export const has = (program: string) => spawnSync(program, ['--version']).status === 0;

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'frac-connections-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A PATH with nothing on it but `tools`: real programs by name, or a shell script's text. */
export function pathWith(tools: Record<string, string | true>): string {
  const folder = join(temporaryFolder(), 'bin');
  mkdirSync(folder);
  for (const [name, script] of Object.entries(tools)) {
    const file = join(folder, name);
    if (script === true) {
      symlinkSync(spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim(), file);
    } else {
      writeFileSync(file, `#!/bin/sh\n${script}\n`);
      chmodSync(file, 0o755);
    }
  }
  return folder;
}

export interface Sandbox {
  /** XDG_CACHE_HOME of the run. */
  home: string;
  /** The cache itself. */
  cache: string;
}

/** An empty cache in which tfjs-node's own installer counts as having failed, so that no test waits for it. */
export function sandbox(home = temporaryFolder()): Sandbox {
  const cache = join(home, 'frac-connections');
  mkdirSync(cache, { recursive: true });
  const key = `installer @tensorflow/tfjs-node-gpu@4.22.0 ${process.platform} ${process.arch}`;
  writeFileSync(join(cache, 'failed.json'), JSON.stringify({ [key]: { reason: 'a test', at: Date.now() } }));
  return { home, cache };
}

export interface Outcome {
  code: number | null;
  output: string;
}

/** Runs the TensorFlow step of set-up (or other code over its modules) in a process of its own. */
export function runSetup(
  box: Sandbox,
  env: Record<string, string> = {},
  program = `await tensorflowStep({ directory: process.env.DIRECTORY });`,
): Promise<Outcome> {
  const code = `
    import { tensorflowStep } from '${root}/scripts/setup/tensorflow_step.mjs';
    import { tryInstaller } from '${root}/scripts/setup/installer.mjs';
    import { tfjsPackage } from '${root}/scripts/tensorflow/tfjs.mjs';
    import { SetupError } from '${root}/scripts/common/terminal.mjs';
    try { ${program} } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      console.log(error.message);
      process.exitCode = 1;
    }`;
  return new Promise(done => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      env: { ...clean(), XDG_CACHE_HOME: box.home, FRAC_CONNECTIONS_RETRY_SECONDS: '0.01', ...env },
    });
    let output = '';
    child.stdout.on('data', text => {
      output += text;
    });
    child.stderr.on('data', text => {
      output += text;
    });
    child.on('close', status => done({ code: status, output }));
  });
}

/** The environment without what would steer set-up. */
function clean(): NodeJS.ProcessEnv {
  const drop = /^(FRAC_CONNECTIONS_|npm_lifecycle_event$|PYTHON$|CXX$|DIRECTORY$|NODE_OPTIONS$|VITEST)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !drop.test(name)));
}
