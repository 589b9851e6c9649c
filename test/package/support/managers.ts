import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import manifest from '../../../package.json' with { type: 'json' };
import { networkEnvironment, type Outcome, run } from './child.js';
import { cache } from './folders.js';

/** Versions that run on every Node which the package supports. npm is the one at hand. */
export const TOOLS = { pnpm: '10.34.9', '@yarnpkg/cli-dist': '4.18.1' };

/** The folder in which they are installed. */
export const tools = join(cache, 'tools');
const PNPM = join(tools, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');
const YARN = join(tools, 'node_modules', '@yarnpkg', 'cli-dist', 'bin', 'yarn.js');

/** Packages and the ranges in which they are wanted. */
export type Dependencies = Record<string, string>;

/** What users have beside this package. */
export const TFJS: Dependencies = { '@tensorflow/tfjs': '^4.22.0' };
/** Yarn installs no peers; npm and pnpm do. */
export const TFJS_AND_PEER: Dependencies = { ...TFJS, '@tensorflow/tfjs-core': '^4.22.0' };
/** What `frac-connections build` fetches, in the versions that it reads from package.json. */
export const BUILD: Dependencies = Object.fromEntries(
  ['cmake-js', 'node-addon-api', 'node-api-headers'].map(name => [
    name,
    (manifest.devDependencies as Dependencies)[name]!,
  ]),
);
export const TFJS_NODE: Dependencies = { ...TFJS, '@tensorflow/tfjs-node-gpu': '^4.22.0' };

export interface Manager {
  name: string;
  /** What users have beside this package, as this manager takes it. */
  dependencies: Dependencies;
  /** The option by which it runs no package's scripts. */
  skipScripts: string;
  /** Files that a project needs for it, beside package.json. */
  files(caches: string): Record<string, string>;
  install(folder: string, caches: string, online: boolean, options: string[]): Outcome;
  /** Runs its own command with these arguments in a project. */
  run(folder: string, args: string[]): Outcome;
}

const environment = (online: boolean) => (online ? networkEnvironment() : {});
const offline = (online: boolean) => (online ? [] : ['--offline']);

export const npm: Manager = {
  name: 'npm',
  dependencies: TFJS,
  skipScripts: '--ignore-scripts',
  files: () => ({}),
  install(folder, caches, online, options) {
    const args = ['install', ...offline(online), '--cache', join(caches, 'npm'), ...options];
    return run('npm', args, { cwd: folder, env: environment(online) });
  },
  run: (folder, args) => run('npm', args, { cwd: folder }),
};

export const pnpm: Manager = {
  name: 'pnpm',
  dependencies: TFJS,
  skipScripts: '--ignore-scripts',
  files: () => ({}),
  install(folder, caches, online, options) {
    const where = [`--store-dir=${join(caches, 'pnpm-store')}`, `--config.cache-dir=${join(caches, 'pnpm')}`];
    const args = [PNPM, 'install', ...offline(online), ...where, ...options];
    return run(process.execPath, args, { cwd: folder, env: environment(online) });
  },
  run: (folder, args) => run(process.execPath, [PNPM, ...args], { cwd: folder }),
};

/** tfjs requires what it does not declare, which Plug'n'Play refuses: its users add this. */
const TFJS_UNDECLARED = [
  'packageExtensions:',
  '  "@tensorflow/tfjs@*":',
  '    dependencies: { long: 4.0.0, seedrandom: ^3.0.5 }',
];

const yarnSettings = (linker: string, caches: string) => [
  `nodeLinker: ${linker}`,
  `globalFolder: ${join(caches, 'yarn')}`,
  'enableGlobalCache: false', // where the global one is all there is, Yarn's offline mode finds nothing in it
  'enableTelemetry: false',
  'enableImmutableInstalls: false',
  ...TFJS_UNDECLARED,
];

const yarn = (name: string, linker: string): Manager => ({
  name,
  dependencies: TFJS_AND_PEER,
  skipScripts: '--mode=skip-build',
  files: caches => ({
    'yarn.lock': '', // says that this folder is a project of its own
    '.yarnrc.yml': `${yarnSettings(linker, caches).join('\n')}\n`,
  }),
  install(folder, _, online, options) {
    const without = { YARN_ENABLE_NETWORK: 'false', YARN_ENABLE_OFFLINE_MODE: 'true' };
    const args = [YARN, 'install', ...options];
    return run(process.execPath, args, { cwd: folder, env: online ? networkEnvironment() : without });
  },
  run: (folder, args) => run(process.execPath, [YARN, ...args], { cwd: folder }),
});

export const yarnModules = yarn('Yarn with node_modules', 'node-modules');
export const yarnPnp = yarn("Yarn with Plug'n'Play", 'pnp');

export interface Project {
  manager?: Manager;
  /** Where the manager finds what it fetched before. */
  caches?: string;
  /** The manager's own, unless told otherwise. */
  dependencies?: Dependencies;
  /** More of package.json. */
  manifest?: Record<string, unknown>;
}

/** Makes a project that wants the tarball and what users have beside it, with nothing installed. */
export function makeProject(folder: string, tarball: string, project: Project = {}): void {
  const { manager = npm, caches = cache } = project;
  const dependencies = {
    'frac-connections': `file:${tarball}`,
    ...(project.dependencies ?? manager.dependencies),
  };
  const all = { name: 'consumer', version: '1.0.0', private: true, dependencies, ...project.manifest };
  const files = { 'package.json': JSON.stringify(all, null, 2), ...manager.files(caches) };
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}
