#!/usr/bin/env node
// Packs the package as npm would publish it and checks the tarball: its files and size, the bill of materials, publint for what
// package.json promises, are-the-types-wrong for types that resolve in ES modules and CommonJS alike.
//
//   npm run test:package                 before: npm run build:prebuilds [-- --available]
//   npm run test:package -- --out DIR    also leaves the tarball in that folder
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { checkNames } from './package/files.mjs';
import { main } from './setup/optional.mjs';
import { ROOT } from './setup/paths.mjs';
import { SetupError } from './setup/terminal.mjs';

const LIMIT = 5e6; // bytes; what a user downloads

const say = text => console.log(`package: ${text}`);
const megabytes = bytes => `${(bytes / 1e6).toFixed(2)} MB`;

function pack(folder) {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' }));
  return { ...packed, file: join(folder, packed.filename) };
}

/** Sizes by top folder, as a user has them after install. */
function describe({ filename, size, unpackedSize, files }) {
  const groups = new Map();
  for (const { path, size: bytes } of files) {
    const group = path.startsWith('prebuilds/') ? path : path.replace(/\/.*/, '/');
    groups.set(group, (groups.get(group) ?? 0) + bytes);
  }
  say(
    `${filename}: ${megabytes(size)} to download, ${megabytes(unpackedSize)} installed, ${files.length} files`,
  );
  for (const [group, bytes] of [...groups].sort((a, b) => b[1] - a[1])) {
    console.log(`  ${megabytes(bytes).padStart(9)}  ${group}`);
  }
}

function checkFiles({ size, files }) {
  if (size > LIMIT) throw new SetupError(`${size} bytes; at most ${LIMIT} are wanted`);
  checkNames(files.map(({ path }) => path));
}

async function checkSbom() {
  const text = readFileSync(join(ROOT, 'sbom.cdx.json'), 'utf8');
  const wrong = await new Validation.JsonStrictValidator(Spec.Version.v1dot5).validate(text);
  if (wrong) throw new SetupError(`sbom.cdx.json is not CycloneDX 1.5: ${JSON.stringify(wrong)}`);
  const listed = new Set(
    JSON.parse(text)
      .components.flatMap(({ properties }) => properties)
      .filter(({ name }) => name === 'frac-connections:in')
      .map(({ value }) => value),
  );
  const gone = [...listed].filter(file => !existsSync(join(ROOT, file)));
  if (gone.length > 0) throw new SetupError(`sbom.cdx.json speaks of ${gone.join(', ')}, which is not there`);
  say(`sbom.cdx.json is CycloneDX 1.5`);
}

async function lint(tarball) {
  const bytes = readFileSync(tarball);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  for (const message of messages) console.error(`publint: ${formatMessage(message, pkg, { color: false })}`);
  if (messages.length > 0) throw new SetupError('publint has something to say');
  say('publint is content');
}

function types(tarball) {
  // Resolution by "main" alone knows no entry but the first; TypeScript calls it deprecated.
  const cli = join(ROOT, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
  // The book is text; it has no types.
  const options = ['--profile', 'node16', '--no-emoji', '--exclude-entrypoints', './moby-dick.txt'];
  execFileSync(process.execPath, [cli, tarball, ...options], { stdio: 'inherit' });
}

await main('check_package', async () => {
  const { values } = parseArgs({ options: { out: { type: 'string' } } });
  const folder = mkdtempSync(join(tmpdir(), 'frac-connections-pack-'));
  try {
    const packed = pack(folder);
    describe(packed);
    checkFiles(packed);
    await checkSbom();
    await lint(packed.file);
    types(packed.file);
    if (values.out) copyFileSync(packed.file, join(values.out, basename(packed.file)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
