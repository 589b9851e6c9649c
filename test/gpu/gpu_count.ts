import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../setup/sandbox.js';

/** Runs `npm run gpu:count` with arguments. */
export function gpuCount(args: string[], env: NodeJS.ProcessEnv = process.env) {
  const main = join(root, 'scripts', 'gpu', 'count', 'main.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}
