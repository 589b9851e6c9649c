import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readPrepared } from '../../lib/tensorflow/prepared.js';
import { has, pathWith, root, runSetup, sandbox, temporaryFolder } from './sandbox.js';

const linux = process.platform === 'linux' && process.arch === 'x64';
const tools = linux && has('g++') && has('python3');
const built = existsSync(join(root, 'dist', 'esm', 'tensorflow', 'load.js'));
const prepared = readPrepared();

/** Nothing but notes: no TensorFlow that counts as prepared, no half-made file. */
function expectNothingInstalled(cache: string): void {
  expect(readdirSync(cache).filter(name => !/^(failed\.json|ready-.*)$/.test(name))).toEqual([]);
}

const fixture = (folder: string, bytes: Buffer) => {
  const file = join(folder, 'tensorflow.whl');
  writeFileSync(file, bytes);
  return {
    FRAC_CONNECTIONS_WHEEL: pathToFileURL(file).href,
    FRAC_CONNECTIONS_WHEEL_SHA256: createHash('sha256').update(bytes).digest('hex'),
  };
};

// These do not depend on tfjs' backend: once is enough.
describe('TensorFlow step without what it needs', () => {
  test.skipIf(!linux)('no compiler', async () => {
    const box = sandbox();
    writeFileSync(join(box.cache, 'wheel.tmp-999999999'), 'left half-made by a killed set-up');
    const { code, output } = await runSetup(box, { PATH: pathWith({ python3: 'exit 0' }) });
    expect(output).toMatch(
      /not available: no C\+\+ compiler \(looked for g\+\+, c\+\+, clang\+\+\): install one/,
    );
    expect(output).toContain('pure JavaScript backend');
    expect(code).toBe(0);
    expectNothingInstalled(box.cache);
  });

  test.skipIf(!linux)('no Python', async () => {
    const box = sandbox();
    const { code, output } = await runSetup(box, { PATH: pathWith({ 'g++': 'exit 0' }) });
    expect(output).toMatch(/not available: no Python 3 \(looked for python3, python\): install it/);
    expect(code).toBe(0);
    expectNothingInstalled(box.cache);
  });

  test.skipIf(!linux)('a Python without pip', async () => {
    const box = sandbox();
    const python3 = '[ "$2" = pip ] && exit 1; exit 0';
    const { code, output } = await runSetup(box, { PATH: pathWith({ 'g++': 'exit 0', python3 }) });
    expect(output).toMatch(/not available: python3 has no pip: install it/);
    expect(code).toBe(0);
  });

  test.skipIf(!linux)(
    'no network: said, remembered for npm start, tried again by npm run setup',
    async () => {
      const box = sandbox();
      const calls = join(box.home, 'calls');
      const python3 = `case "$*" in *tensorflow-cpu*) echo x >> ${calls}; echo 'ERROR: Connection refused' >&2; exit 1;; esac`;
      const env = { PATH: pathWith({ 'g++': 'exit 0', python3 }) };
      const asked = () => readFileSync(calls, 'utf8').length / 2;
      const first = await runSetup(box, env);
      expect(first.output).toMatch(
        /not available: pip cannot fetch tensorflow-cpu-2\.21\.0: ERROR: Connection refused/,
      );
      expect(first.code).toBe(0);
      expectNothingInstalled(box.cache);
      expect(asked()).toBe(2);
      const second = await runSetup(box, env);
      expect(second.output).toMatch(/not available: .*Connection refused \(npm run setup tries again\)/);
      expect(asked()).toBe(2);
      await runSetup(box, { ...env, npm_lifecycle_event: 'setup' });
      expect(asked()).toBe(4);
    },
  );

  test('FRAC_CONNECTIONS_TENSORFLOW=off', async () => {
    const { code, output } = await runSetup(sandbox(), { FRAC_CONNECTIONS_TENSORFLOW: 'off' });
    expect(output.trim()).toBe('TensorFlow  left out: FRAC_CONNECTIONS_TENSORFLOW is off');
    expect(code).toBe(0);
  });
});

describe('TensorFlow step with a bad wheel', () => {
  test.skipIf(!tools)('another hash', async () => {
    const box = sandbox();
    const env = {
      ...fixture(box.home, Buffer.from('altered')),
      FRAC_CONNECTIONS_WHEEL_SHA256: '0'.repeat(64),
    };
    const { code, output } = await runSetup(box, env);
    expect(output).toMatch(
      /not available: .*tensorflow\.whl is not tensorflow-cpu-2\.21\.0: its sha256 is \w{64}, expected 0{64}/,
    );
    expect(code).toBe(0);
    expectNothingInstalled(box.cache);
    expect(existsSync(join(box.home, 'tensorflow.whl')), "the user's own file stays").toBe(true);
  });

  test.skipIf(!tools)('not a zip file', async () => {
    const box = sandbox();
    const { code, output } = await runSetup(box, fixture(box.home, Buffer.alloc(2000, 7)));
    expect(output).toMatch(/not available: unpacking .*: zipfile.BadZipFile/);
    expect(code).toBe(0);
    expectNothingInstalled(box.cache);
  });

  test.skipIf(!tools)('the address is gone', async () => {
    const box = sandbox();
    const { code, output } = await runSetup(box, {
      FRAC_CONNECTIONS_WHEEL: 'file:///nowhere/tensorflow.whl',
    });
    expect(output).toMatch(/not available: ENOENT.*nowhere/);
    expect(code).toBe(0);
  });
});

describe('--tensorflow DIR', () => {
  test('no such folder', async () => {
    const { code, output } = await runSetup(sandbox(), { DIRECTORY: '/nowhere/tensorflow' });
    expect(output.trim()).toBe('/nowhere/tensorflow: this folder does not exist');
    expect(code).toBe(1);
  });

  test('a folder with something else, and one without headers', async () => {
    const folder = temporaryFolder();
    const first = await runSetup(sandbox(), { DIRECTORY: folder });
    expect(first.output).toContain(`${folder}: must contain libtensorflow_cc.so.2 or`);
    for (const name of ['libtensorflow.so.2', 'libtensorflow_framework.so.2'])
      writeFileSync(join(folder, name), '');
    const second = await runSetup(sandbox(), { DIRECTORY: folder });
    expect(second.output).toMatch(/include has no tensorflow\/c\/c_api\.h/);
    expect([first.code, second.code]).toEqual([1, 1]);
  });

  const real = tools && built && 'directory' in prepared ? prepared.directory : undefined;

  test.skipIf(!real)('broken libraries: the prepared TensorFlow stays', async () => {
    const box = sandbox();
    const before = { format: 1, source: 'wheel', directory: '/x', binding: '/x', tfjs: '1.0.0' };
    writeFileSync(join(box.cache, 'prepared.json'), JSON.stringify(before));
    const folder = temporaryFolder();
    symlinkSync(join(real!, 'include'), join(folder, 'include'));
    for (const name of ['libtensorflow.so.2', 'libtensorflow_framework.so.2'])
      writeFileSync(join(folder, name), 'x');
    const { code, output } = await runSetup(box, { DIRECTORY: folder });
    expect(output).toMatch(/g\+\+ cannot build tfjs-node's binding: /);
    expect(code).toBe(1);
    expect(JSON.parse(readFileSync(join(box.cache, 'prepared.json'), 'utf8'))).toEqual(before);
    expect(readdirSync(box.cache).sort()).toEqual(['failed.json', 'prepared.json']);
  });

  test.skipIf(!real)(
    'a TensorFlow of the user, taken, instant the second time, and its loss noticed',
    async () => {
      const box = sandbox();
      const folder = join(box.home, 'mine');
      mkdirSync(join(folder, 'lib'), { recursive: true });
      symlinkSync(join(real!, 'include'), join(folder, 'include'));
      for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) {
        try {
          linkSync(join(real!, name), join(folder, 'lib', name));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
          symlinkSync(join(real!, name), join(folder, 'lib', name)); // the cache is on another disk
        }
      }
      const first = await runSetup(box, { DIRECTORY: folder });
      expect(first.output).toMatch(/binding of tfjs-node 4\.22\.0 built/);
      expect(first.output).toMatch(
        /ready: 2\.\d+\.\d+ through @tensorflow\/tfjs-node-gpu 4\.22\.0 \(prepared\)/,
      );
      expect(first.code).toBe(0);

      // With no tool on the path it can only come from the note of the first time.
      const second = await runSetup(box, { PATH: pathWith({}) });
      expect(second.output).toMatch(/^TensorFlow {2}ready: .*\n$/);

      rmSync(join(folder, 'lib'), { recursive: true });
      const third = await runSetup(box, { PATH: pathWith({}) });
      expect(third.output).toMatch(/not available: no C\+\+ compiler/);
      expect(third.code).toBe(0);
    },
  );
});

describe("tfjs-node's own installer", () => {
  /** Runs the installer `script` of a package of its own; answers with what the package then holds. */
  const install = async (script: string) => {
    const box = sandbox();
    const directory = join(box.home, 'node_modules', 'tfjs');
    mkdirSync(join(directory, 'scripts'), { recursive: true });
    writeFileSync(join(directory, 'package.json'), '{}');
    writeFileSync(join(directory, 'scripts', 'install.js'), `const fs = require('fs');${script}`);
    const tfjs = JSON.stringify({ name: 'tfjs', version: '1.0.0', directory });
    const outcome = await runSetup(box, {}, `await tryInstaller(${tfjs});`);
    const siblings = readdirSync(join(directory, '..'));
    return { ...outcome, siblings, files: readdirSync(directory).sort(), directory };
  };
  const library =
    "fs.mkdirSync('deps/lib', { recursive: true }); fs.writeFileSync('package.json', 'edited');";
  const binding =
    "fs.mkdirSync('lib/napi-v8', { recursive: true }); fs.writeFileSync('lib/napi-v8/tfjs_binding.node', '');";

  test('works: its two folders are taken over, and nothing else', async () => {
    const { code, output, siblings, files, directory } = await install(library + binding);
    expect(output).toMatch(/installed by tfjs in [\d.]+ s/);
    expect(code).toBe(0);
    expect(siblings).toEqual(['tfjs']);
    expect(files).toEqual(['deps', 'lib', 'package.json', 'scripts']);
    expect(readFileSync(join(directory, 'package.json'), 'utf8')).toBe('{}');
    expect(existsSync(join(directory, 'lib', 'napi-v8', 'tfjs_binding.node'))).toBe(true);
  });

  test.each([
    [
      'ends well but left half of it',
      library,
      'failed (it exited with 0, but the installation is incomplete)',
    ],
    ['throws', `${library}throw new TypeError('no luck')`, 'failed (no luck)'],
  ])('%s: nothing is taken over', async (_, script, said) => {
    const { code, output, siblings, files } = await install(script);
    expect(output).toContain(said);
    expect(code).toBe(1);
    expect(siblings).toEqual(['tfjs']);
    expect(files).toEqual(['package.json', 'scripts']);
  });

  test('fails: nothing of it is left, and the second time is not tried', async () => {
    const box = sandbox();
    rmSync(join(box.cache, 'failed.json'));
    const scope = join(root, 'node_modules', '@tensorflow');
    const manifest = join(scope, 'tfjs-node-gpu', 'package.json');
    const before = [
      readdirSync(scope),
      readdirSync(join(scope, 'tfjs-node-gpu')),
      readFileSync(manifest, 'utf8'),
    ];
    const program = 'await tryInstaller(await tfjsPackage());';
    const env = { CDN_STORAGE: 'http://127.0.0.1:9/', TFJS_NODE_BASE_URI: 'http://127.0.0.1:9/lib-' };
    const first = await runSetup(box, env, program);
    expect(first.output).toMatch(/tfjs-node-gpu's own installer failed \(/);
    expect(first.code).toBe(1);
    const second = await runSetup(box, env, program);
    expect(second.output).toMatch(/^@tensorflow\/tfjs-node-gpu's own installer failed before \(.*\)\n$/);
    const after = [
      readdirSync(scope),
      readdirSync(join(scope, 'tfjs-node-gpu')),
      readFileSync(manifest, 'utf8'),
    ];
    expect(after).toEqual(before);
  });
});
