import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { networkEnvironment, type Outcome, run, succeed } from './child.js';
import { cache, newFolder, remove, root } from './folders.js';

/** Versions that run on every Node which the package supports. npm is the one at hand. */
const TOOLS = { pnpm: '10.34.9', '@yarnpkg/cli-dist': '4.18.1' };
const tools = join(cache, 'tools');
const bin = (file: string) => join(tools, 'node_modules', file);

/** Packages and the ranges in which they are wanted. */
export type Dependencies = Record<string, string>;

/** What users have beside this package. */
export const TFJS: Dependencies = { '@tensorflow/tfjs': '^4.22.0' };
/** Yarn installs no peers; npm and pnpm do. */
export const TFJS_AND_PEER: Dependencies = { ...TFJS, '@tensorflow/tfjs-core': '^4.22.0' };
export const TFJS_NODE: Dependencies = { ...TFJS, '@tensorflow/tfjs-node-gpu': '^4.22.0' };

export interface Manager {
  name: string;
  /** Files that a project needs for it, beside package.json. */
  files(caches: string): Record<string, string>;
  install(folder: string, caches: string, online: boolean, more: string[]): Outcome;
}

/** tfjs requires what it does not declare, which Plug'n'Play refuses: its users add this. */
const TFJS_UNDECLARED = [
  'packageExtensions:',
  '  "@tensorflow/tfjs@*":',
  '    dependencies: { long: 4.0.0, seedrandom: ^3.0.5 }',
];

const YARN_SETTINGS = (linker: string) => (caches: string) => ({
  // The empty lock file says that this folder is a project of its own.
  'yarn.lock': '',
  '.yarnrc.yml': [
    `nodeLinker: ${linker}`,
    `globalFolder: ${join(caches, 'yarn')}`,
    // With the global cache as the only one, Yarn's offline mode finds nothing in it.
    'enableGlobalCache: false',
    'enableTelemetry: false',
    'enableImmutableInstalls: false',
    ...TFJS_UNDECLARED,
    '',
  ].join('\n'),
});

function yarn(name: string, linker: string): Manager {
  return {
    name,
    files: YARN_SETTINGS(linker),
    install(folder, _, online, more) {
      const env = online
        ? networkEnvironment()
        : { YARN_ENABLE_NETWORK: 'false', YARN_ENABLE_OFFLINE_MODE: 'true' };
      return run(process.execPath, [bin('@yarnpkg/cli-dist/bin/yarn.js'), 'install', ...more], {
        cwd: folder,
        env,
      });
    },
  };
}

export const npm: Manager = {
  name: 'npm',
  files: () => ({}),
  install(folder, caches, online, more) {
    const args = ['install', ...(online ? [] : ['--offline']), '--cache', join(caches, 'npm'), ...more];
    return run('npm', args, { cwd: folder, env: online ? networkEnvironment() : {} });
  },
};

export const pnpm: Manager = {
  name: 'pnpm',
  files: () => ({}),
  install(folder, caches, online, more) {
    const where = [`--store-dir=${join(caches, 'pnpm-store')}`, `--config.cache-dir=${join(caches, 'pnpm')}`];
    const args = ['install', ...(online ? [] : ['--offline']), ...where, ...more];
    return run(process.execPath, [bin('pnpm/bin/pnpm.cjs'), ...args], {
      cwd: folder,
      env: online ? networkEnvironment() : {},
    });
  },
};

export const yarnModules = yarn('Yarn with node_modules', 'node-modules');
export const yarnPnp = yarn("Yarn with Plug'n'Play", 'pnp');

/** The command line of Yarn in a project. */
export const yarnCommand = (...args: string[]) => [bin('@yarnpkg/cli-dist/bin/yarn.js'), ...args];

/** Makes a project that wants the tarball and `dependencies`, with nothing installed. */
export function makeProject(
  folder: string,
  tarball: string,
  { manager = npm, caches = cache, dependencies = TFJS, more = {} as Record<string, unknown> } = {},
): void {
  mkdirSync(folder, { recursive: true });
  const wants = { 'frac-connections': `file:${tarball}`, ...dependencies };
  const manifest = { name: 'consumer', version: '1.0.0', private: true, dependencies: wants, ...more };
  const files = { 'package.json': JSON.stringify(manifest, null, 2), ...manager.files(caches) };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

/** What has to be fetched once for each manager, by what it depends on. */
function warmth(manager: Manager, wanted: Dependencies[]): string {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { dependencies, peerDependencies } = manifest;
  const of = JSON.stringify([manager.name, TOOLS, dependencies, peerDependencies, wanted]);
  return join(cache, `warm-${createHash('sha256').update(of).digest('hex').slice(0, 16)}`);
}

/** Fetches the tools and whatever installs will ask for, unless a run before did. Needs the network then. */
export function warm(tarball: string): void {
  mkdirSync(tools, { recursive: true });
  const have = Object.entries(TOOLS).every(([name, version]) => {
    const file = bin(`${name}/package.json`);
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === version;
  });
  if (!have) {
    const wanted = Object.entries(TOOLS).map(([name, version]) => `${name}@${version}`);
    const args = ['install', '--prefix', tools, '--no-save', '--ignore-scripts', ...wanted];
    succeed('npm', args, { cwd: tools, env: networkEnvironment() });
  }
  for (const [manager, ...wanted] of [
    [npm, TFJS, TFJS_NODE, {}] as const,
    [pnpm, TFJS] as const,
    [yarnModules, TFJS_AND_PEER] as const,
  ]) {
    warmManager(manager, tarball, wanted);
  }
}

function warmManager(manager: Manager, tarball: string, wanted: Dependencies[]): void {
  const marker = warmth(manager, wanted);
  if (existsSync(marker)) return;
  console.log(`package tests: fetching what ${manager.name} will ask for; once`);
  for (const dependencies of wanted) {
    const folder = newFolder();
    try {
      makeProject(folder, tarball, { manager, dependencies });
      const { status, stdout, stderr } = manager.install(folder, cache, true, skipScripts(manager));
      if (status !== 0) throw new Error(`${manager.name} could not install:\n${stdout}${stderr}`);
    } finally {
      remove(folder);
    }
  }
  writeFileSync(marker, '');
}

/** The option by which a manager runs no package's scripts. */
export const skipScripts = (manager: Manager): string[] =>
  manager === npm || manager === pnpm ? ['--ignore-scripts'] : ['--mode=skip-build'];
