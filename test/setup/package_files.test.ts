import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from './sandbox.js';

// The script is JavaScript without types; the variable keeps TypeScript from asking for some.
const file: string = join(root, 'scripts', 'package', 'files.mjs');
const { checkNames } = (await import(file)) as { checkNames(names: string[]): void };

const FILES = [
  'dist/esm/index.js',
  'dist/cjs/index.js',
  'native/ops/frac_width/frac_width_token.cuh',
  'node_modules/node-gyp-build/index.js',
  'package.json',
  'scripts/common/child.mjs',
  'scripts/tensorflow/command.mjs',
  'CMakeLists.txt',
  'LICENSE',
  'NOTICE',
  'README.md',
  'sbom.cdx.json',
];

describe('the check of the files in the tarball', () => {
  test('takes what the package has', () => {
    expect(() => checkNames(FILES)).not.toThrow();
  });

  test.each(['binding.gyp', 'node_modules/node-gyp-build/binding.gyp'])('refuses %s', name => {
    expect(() => checkNames([...FILES, name])).toThrow(`npm would run node-gyp at every install: ${name}`);
  });

  test.each(['scripts/gyp/common.gypi', 'native/test/ops_test.cc', 'lib/index.ts', '.npmrc'])(
    'refuses %s',
    name => {
      expect(() => checkNames([...FILES, name])).toThrow(`stray files: ${name}`);
    },
  );

  test('misses what is not there', () => {
    expect(() => checkNames(FILES.filter(name => name !== 'LICENSE'))).toThrow('missing: LICENSE');
  });
});
