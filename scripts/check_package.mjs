#!/usr/bin/env node
// Packs the package as npm would publish it, and checks the tarball: its files and size, the bill of materials,
// package.json with publint, and the types for ES modules and CommonJS with are-the-types-wrong.
//
//   npm run test:package                 run npm run build:prebuilds [-- --available] before
//   npm run test:package -- --out DIR    also copies the tarball to that folder
//   npm run test:package -- --release    fails if the binary of a platform is missing
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { ROOT } from './common/paths.mjs';
import { SetupError } from './common/terminal.mjs';
import { checkNames } from './package/files.mjs';
import { fileOf, PLATFORMS } from './prebuild/platforms.mjs';
import { main } from './setup/optional.mjs';

const LIMIT = 8e6; // largest size of the download, in bytes

const say = text => console.log(`package: ${text}`);
const megabytes = bytes => `${(bytes / 1e6).toFixed(2)} MB`;

function pack(folder) {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' }));
  return { ...packed, file: join(folder, packed.filename) };
}

/** The installed size of each top-level folder. */
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

function checkFiles({ size, files }, release) {
  if (size > LIMIT) throw new SetupError(`${size} bytes; at most ${LIMIT} are wanted`);
  const names = files.map(({ path }) => path);
  checkNames(names);
  const absent = PLATFORMS.map(fileOf).filter(file => !names.includes(file));
  if (release && absent.length > 0)
    throw new SetupError(`no ${absent.join(', ')}: run npm run build:prebuilds`);
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
  if (gone.length > 0)
    throw new SetupError(`sbom.cdx.json lists files that do not exist: ${gone.join(', ')}`);
  say(`sbom.cdx.json is CycloneDX 1.5`);
}

async function lint(tarball) {
  const bytes = readFileSync(tarball);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  for (const message of messages) console.error(`publint: ${formatMessage(message, pkg, { color: false })}`);
  if (messages.length > 0) throw new SetupError('publint found problems');
  say('publint found no problems');
}

function types(tarball) {
  const cli = join(ROOT, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
  // The book is a text file without types. Resolvers that do not read `exports` do not find the subpaths of binaries.
  const others = ['./moby-dick.txt', ...PLATFORMS.map(({ name }) => `./native/${name}`)];
  const options = ['--no-emoji', '--exclude-entrypoints', ...others];
  execFileSync(process.execPath, [cli, tarball, ...options], { stdio: 'inherit' });
}

await main('check_package', async () => {
  const { values } = parseArgs({
    options: { out: { type: 'string' }, release: { type: 'boolean', default: false } },
  });
  const folder = mkdtempSync(join(tmpdir(), 'frac-connections-pack-'));
  try {
    const packed = pack(folder);
    describe(packed);
    checkFiles(packed, values.release);
    await checkSbom();
    await lint(packed.file);
    types(packed.file);
    if (values.out) copyFileSync(packed.file, join(values.out, basename(packed.file)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
