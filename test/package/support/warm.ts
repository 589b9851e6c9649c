import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { networkEnvironment, succeed } from './child.js';
import { cache, newFolder, remove, root } from './folders.js';
import {
  BUILD,
  type Dependencies,
  type Manager,
  makeProject,
  npm,
  pnpm,
  TFJS,
  TFJS_AND_PEER,
  TFJS_NODE,
  TOOLS,
  tools,
  yarnModules,
} from './managers.js';

/** What the tests install by each manager; what Yarn caches serves both of its ways. */
const WANTED = new Map<Manager, Dependencies[]>([
  [npm, [TFJS, TFJS_NODE, BUILD, {}]],
  [pnpm, [TFJS]],
  [yarnModules, [TFJS_AND_PEER]],
]);

const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

/** Fetches the managers and whatever they will be asked for, unless a run before did. Needs the network then. */
export function warm(tarball: string): void {
  mkdirSync(tools, { recursive: true });
  installTools();
  for (const [manager, wanted] of WANTED) {
    const marker = markerOf(manager, wanted);
    if (existsSync(marker)) continue;
    console.log(`package tests: fetching what ${manager.name} will ask for, once`);
    for (const dependencies of wanted) fetchFor(manager, dependencies, tarball);
    writeFileSync(marker, '');
  }
}

function installTools(): void {
  const missing = Object.entries(TOOLS).filter(([name, version]) => {
    const file = join(tools, 'node_modules', name, 'package.json');
    return !existsSync(file) || readJson(file).version !== version;
  });
  if (missing.length === 0) return;
  const names = Object.entries(TOOLS).map(([name, version]) => `${name}@${version}`);
  const args = ['install', '--prefix', tools, '--no-save', '--ignore-scripts', ...names];
  succeed('npm', args, { cwd: tools, env: networkEnvironment() });
}

/** A file that says that everything was fetched on which an install by this manager depends. */
function markerOf(manager: Manager, wanted: Dependencies[]): string {
  const { dependencies, peerDependencies } = readJson(join(root, 'package.json'));
  const all = JSON.stringify([
    manager.name,
    manager.files(''),
    TOOLS,
    dependencies,
    peerDependencies,
    wanted,
  ]);
  return join(cache, `warm-${createHash('sha256').update(all).digest('hex').slice(0, 16)}`);
}

function fetchFor(manager: Manager, dependencies: Dependencies, tarball: string): void {
  const folder = newFolder();
  try {
    makeProject(folder, tarball, { manager, dependencies });
    const { status, stdout, stderr } = manager.install(folder, cache, true, [manager.skipScripts]);
    if (status !== 0) throw new Error(`${manager.name} could not install:\n${stdout}${stderr}`);
  } finally {
    remove(folder);
  }
}
