#!/usr/bin/env node
// Compiles the addon and native/test with Clang, without a warning, and runs the native tests and the tests of the ops on them. GCC's
// addon is what all other tests use. Without Clang it prints the reason and exits with 0; with FRAC_CONNECTIONS_REQUIRE_CLANG=1
// it fails.
//
//   npm run test:clang     (Debian: apt install clang)
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from './common/child.mjs';
import { ROOT } from './common/paths.mjs';
import { SetupError } from './common/terminal.mjs';
import { headers } from './prebuild/headers.mjs';
import { checkTools } from './setup/native.mjs';
import { main, ready, runLoud } from './setup/optional.mjs';

const OUT = join(ROOT, 'build', 'clang');
const TESTS = ['test/ops/', 'test/native/path', 'test/native/bad_input', 'test/native/tensorflow.test'];

async function checkAll() {
  await checkTools();
  if ((await run('clang++', ['--version'])).code !== 0)
    throw new SetupError('no clang++: install it (Debian: apt install clang)');
}

/** Throws unless the package loads the addon of Clang: the tests would pass with the other one, too. */
async function checkLoaded() {
  const code = `import { nativeInfo } from './dist/esm/index.js'; console.log(nativeInfo().build?.compiler);`;
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', code], { cwd: ROOT });
  if (!stdout.startsWith('Clang'))
    throw new SetupError(`the package must load the addon of Clang, but: ${stdout || stderr}`);
}

await main('test_clang', async () => {
  if (!(await ready('the addon compiled by Clang', 'FRAC_CONNECTIONS_REQUIRE_CLANG', checkAll))) return;
  const options = [
    '-DCMAKE_CXX_COMPILER=clang++',
    '-DCMAKE_CXX_FLAGS=-Werror',
    '-DFRAC_CUDA=OFF',
    '-DFRAC_TESTS=ON',
  ];
  // node-gyp-build looks in build/Release of the folder that the variable names.
  const addon = [
    `-DCMAKE_JS_INC=${headers()}`,
    `-DCMAKE_LIBRARY_OUTPUT_DIRECTORY=${join(OUT, 'build', 'Release')}`,
  ];
  runLoud('cmake', '-S', ROOT, '-B', OUT, ...options, ...addon, '--log-level=ERROR');
  runLoud('cmake', '--build', OUT, '--parallel', String(availableParallelism()));
  runLoud(join(OUT, 'frac_tests'));
  process.env.FRAC_CONNECTIONS_PREBUILD = OUT;
  await checkLoaded();
  runLoud('npx', 'vitest', 'run', '--project', 'cpu', '--project', 'tensorflow', ...TESTS);
});
