#!/usr/bin/env node
// Runs all checks before a release, in order, and prints what would be published. It publishes nothing. RELEASING.md
// lists the steps that a person does.
//
//   npm run release:check
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './common/paths.mjs';
import { SetupError } from './common/terminal.mjs';
import { main } from './setup/optional.mjs';

const OUT = join(ROOT, 'build', 'release');

/** Before a release no test may be skipped because something is missing. */
const STRICT = Object.fromEntries(
  ['TENSORFLOW', 'NATIVE', 'CUDA', 'ARM64', 'BROWSER', 'CLANG'].map(what => [
    `FRAC_CONNECTIONS_REQUIRE_${what}`,
    '1',
  ]),
);
const ENVIRONMENT = { ...process.env, ...STRICT, FRAC_CONNECTIONS_CUDA: 'on' };

const npm =
  (...args) =>
  () => {
    const { status } = spawnSync('npm', args, { cwd: ROOT, env: ENVIRONMENT, stdio: 'inherit' });
    if (status !== 0) throw new SetupError(`npm ${args.join(' ')} failed`);
  };

const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();

function cleanTree() {
  const changed = git('status', '--porcelain');
  if (changed) throw new SetupError(`not everything is committed:\n${changed}`);
}

/** A version is published only once. Its tag must not exist yet, or must be at this commit. */
function versionIsNew() {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const tag = `v${version}`;
  if (git('tag', '--list', tag) && git('rev-list', '-n', '1', tag) !== git('rev-parse', 'HEAD')) {
    throw new SetupError(`${tag} is at another commit: raise the version in package.json`);
  }
}

/** The path of the tarball that was checked and tested. */
function tarball() {
  const [name] = readdirSync(OUT);
  return join(OUT, name);
}

function testInstalled() {
  ENVIRONMENT.FRAC_CONNECTIONS_TARBALL = tarball();
  npm('run', 'test:install')();
}

const STEPS = [
  ['everything is committed', cleanTree],
  ['the version is new', versionIsNew],
  ['the tests pass', npm('test')],
  ['so do those that take longer', npm('run', 'test:all')],
  ['the addon of Clang is right', npm('run', 'test:clang')],
  ['the binaries for other platforms run', npm('run', 'test:platforms')],
  ['the binaries for all platforms are built, with CUDA where it belongs', npm('run', 'build:prebuilds')],
  [
    'the tarball has the right files and is small',
    npm('run', 'test:package', '--', '--release', '--out', OUT),
  ],
  ['the package installs and runs', testInstalled],
];

await main('release_check', async () => {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  for (const [what, check] of STEPS) {
    console.log(`\n== ${what}`);
    check();
  }
  const list = ['publish', '--dry-run', '--ignore-scripts', '--provenance=false', tarball()];
  console.log('\n== this would be published');
  npm(...list)();
  for (const [what] of STEPS) console.log(`done: ${what}`);
  console.log(`\n${tarball()} is ready to publish; see RELEASING.md`);
});
