// Which files the tarball of the package may hold, and which it must.
import { dirname } from 'node:path';
import { SetupError } from '../common/terminal.mjs';
import { fileOf, PLATFORMS } from '../prebuild/platforms.mjs';

const FOLDERS = [...new Set(PLATFORMS.map(each => dirname(fileOf(each))))];
const isBinary = name => FOLDERS.includes(dirname(name)) && /\.(node|so)$/.test(name);
const ALLOWED =
  /^(dist\/(esm|cjs)\/.+\.(js|cjs|d\.ts|d\.cts)|dist\/cjs\/package\.json|(layers|models|cuda|tensorflow)\/package\.json|dist\/(report\/page\.js\.br|data\/moby-dick\.txt)|native\/(?!test\/).+\.(h|cc|cu|cuh|cmake|map)|scripts\/(common|tensorflow)\/\w+\.mjs|node_modules\/node-gyp-build\/.+|CMakeLists\.txt|LICENSE|NOTICE|README\.md|package\.json|sbom\.cdx\.json)$/;
const REQUIRED = [
  'dist/esm/index.js',
  'dist/cjs/index.js',
  'scripts/tensorflow/command.mjs',
  'CMakeLists.txt',
  'LICENSE',
  'NOTICE',
  'README.md',
  'sbom.cdx.json',
];

/** @param {string[]} names files of the tarball, with their folders */
export function checkNames(names) {
  // Also in node_modules/node-gyp-build, of which all else is allowed.
  const build = names.filter(name => /(^|\/)binding\.gyp$/.test(name));
  if (build.length > 0) throw new SetupError(`npm would run node-gyp at every install: ${build.join(', ')}`);
  const stray = names.filter(name => !ALLOWED.test(name) && !isBinary(name));
  if (stray.length > 0) throw new SetupError(`stray files: ${stray.join(', ')}`);
  const absent = REQUIRED.filter(name => !names.includes(name));
  if (absent.length > 0) throw new SetupError(`missing: ${absent.join(', ')}`);
}
