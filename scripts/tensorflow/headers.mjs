// Finds the headers of Node-API, which tfjs-node's binding needs.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { npm, npmReason } from '../common/npm.mjs';
import { CACHE, ROOT } from '../common/paths.mjs';
import { SetupError, say } from '../common/terminal.mjs';

const NAME = 'node-api-headers';
const inside = folder => join(folder, 'node_modules', NAME, 'include');

/**
 * The folder of the headers: in a checkout those of the npm package, otherwise those that came with this Node, or else
 * the npm package in the cache, into which npm downloads it.
 */
export async function nodeHeaders() {
  const cached = join(CACHE, 'headers');
  const folders = [inside(ROOT), join(dirname(process.execPath), '..', 'include', 'node'), inside(cached)];
  const found = folders.find(folder => existsSync(join(folder, 'node_api.h')));
  if (found) return found;
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  say('TensorFlow', `npm fetches ${NAME}, the headers of Node-API`);
  mkdirSync(cached, { recursive: true });
  const result = await npm(
    ['install', '--prefix', cached, '--no-save', `${NAME}@${devDependencies[NAME]}`],
    cached,
  );
  if (result.code !== 0) throw new SetupError(`npm cannot fetch ${NAME}: ${npmReason(result)}`);
  return inside(cached);
}
