#!/usr/bin/env node
// Packs the package as npm would publish it and checks the tarball: publint for what package.json promises,
// are-the-types-wrong for types that resolve in ES modules and CommonJS alike.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { ROOT } from './setup/paths.mjs';

const folder = mkdtempSync(join(tmpdir(), 'frac-connections-pack-'));
const limit = 5e6; // bytes; what a user downloads

function pack() {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' }));
  console.log(
    `package: ${packed.filename}, ${(packed.size / 1e6).toFixed(2)} MB, ${packed.files.length} files`,
  );
  if (packed.size > limit) throw new Error(`${packed.size} bytes; at most ${limit} are wanted`);
  return join(folder, packed.filename);
}

async function lint(tarball) {
  const bytes = readFileSync(tarball);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  for (const message of messages) console.error(`publint: ${formatMessage(message, pkg, { color: false })}`);
  if (messages.length > 0) throw new Error('publint has something to say');
  console.log('package: publint is content');
}

function types(tarball) {
  // Resolution by "main" alone knows no entry but the first; TypeScript calls it deprecated.
  const cli = join(ROOT, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
  // The book is text; it has no types.
  const options = ['--profile', 'node16', '--no-emoji', '--exclude-entrypoints', './moby-dick.txt'];
  execFileSync(process.execPath, [cli, tarball, ...options], { stdio: 'inherit' });
}

try {
  const tarball = pack();
  await lint(tarball);
  types(tarball);
} catch (error) {
  console.error(`check_package: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
