import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { installBundlers } from './bundler_tools.js';
import { type Outcome, succeed } from './child.js';
import { cache, copyFolder, newFolder, remove, root } from './folders.js';
import { makeProject, npm } from './managers.js';
import { warm } from './warm.js';

// Runs once, before all test files: packs the package as npm would publish it, installs it as a user would who has no
// network, and tells the test files where all is.

declare module 'vitest' {
  export interface ProvidedContext {
    /** The packed package. */
    tarball: string;
    /** What the package managers have fetched, a copy for this run. */
    caches: string;
    /** A project with the package and tfjs, installed by `npm install --offline --ignore-scripts`; not to be changed. */
    consumer: string;
    /** How that went. */
    installed: Outcome;
  }
}

/** The tarball named by `FRAC_CONNECTIONS_TARBALL`, or one of this checkout. */
function pack(folder: string): string {
  const given = process.env.FRAC_CONNECTIONS_TARBALL;
  if (given) {
    if (!existsSync(given)) throw new Error(`FRAC_CONNECTIONS_TARBALL names ${given}, which is not there`);
    return given;
  }
  const binary = `prebuilds/linux-${process.arch}/frac-connections.glibc.node`;
  const parts = { 'dist/.stamp': 'npm run build', [binary]: 'npm run build:prebuilds' };
  for (const [part, command] of Object.entries(parts)) {
    if (!existsSync(join(root, part))) throw new Error(`${part} is not there: type ${command}`);
  }
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(succeed('npm', args, { cwd: root }).stdout) as [{ filename: string }];
  return join(folder, packed.filename);
}

export default function setup(project: TestProject): () => void {
  if (process.platform !== 'linux')
    throw new Error(`the package has binaries for Linux, not for ${process.platform}`);
  const folder = newFolder();
  try {
    const tarball = pack(folder);
    warm(tarball);
    installBundlers();
    const caches = join(folder, 'caches');
    copyFolder(cache, caches);
    const consumer = join(folder, 'consumer');
    makeProject(consumer, tarball);
    const installed = npm.install(consumer, caches, false, [npm.skipScripts]);
    if (installed.status !== 0) throw new Error(`npm could not install it:\n${installed.stderr}`);
    project.provide('tarball', tarball);
    project.provide('caches', caches);
    project.provide('consumer', consumer);
    project.provide('installed', installed);
  } catch (error) {
    remove(folder);
    throw error;
  }
  return () => remove(folder);
}
