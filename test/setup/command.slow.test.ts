import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { has, pathWith, root, runSetup, type Sandbox, sandbox } from './sandbox.js';

const module = (name: string) => join(root, 'scripts', 'tensorflow', `${name}.mjs`);
const linux = process.platform === 'linux' && process.arch === 'x64';

/** Runs `npx frac-connections setup` with these options, as a program. */
const command = (box: Sandbox, options: object, env: Record<string, string> = {}, before = '') =>
  runSetup(
    box,
    env,
    `${before}
     const { setup } = await import('${module('command')}');
     await setup(${JSON.stringify(options)});`,
  );

describe('setup --list and --remove', () => {
  test('an empty cache', async () => {
    const { code, output } = await command(sandbox(), { list: true });
    expect(output).toMatch(/^TensorFlow 2\.21\.0, CPU +not here\nTensorFlow 2\.21\.0, GPU +not here\n$/);
    expect(code).toBe(0);
  });

  test('remove takes what set-up has made, and nothing else', async () => {
    const box = sandbox();
    const own = [
      'tensorflow-cpu-2.21.0-2b847d21/tensorflow/libtensorflow_cc.so.2',
      'tensorflow-2.21.0-9056fbc9/tensorflow/libtensorflow_cc.so.2',
      'tensorflow-2.21.0.whl.part',
      'nvidia-cudnn-cu12-9.28.0.42.whl',
      'bindings/tfjs-4.22.0-0/tfjs_binding.node',
      'ready-0123456789ab.json',
      'prepared.json',
    ];
    for (const name of [...own, 'cuda-tools/nvcc']) {
      mkdirSync(join(box.cache, name, '..'), { recursive: true });
      writeFileSync(join(box.cache, name), '{}');
    }
    const listed = await command(box, { list: true });
    expect(listed.output).toMatch(/GPU +incomplete/);
    const { code, output } = await command(box, { remove: true });
    expect(output).toContain(`removed from ${box.cache}`);
    expect(code).toBe(0);
    expect(readdirSync(box.cache)).toEqual(['cuda-tools']);
  });
});

describe('setup', () => {
  const off = { FRAC_CONNECTIONS_TENSORFLOW: 'off' }; // none loads, whatever this machine has

  test.each([
    ['darwin', 'arm64', /this is darwin arm64; here tfjs-node's own installer does it: npm rebuild/],
    ['linux', 'arm64', /this is linux arm64 with glibc/],
  ])('on %s %s says what to do', async (platform, arch, said) => {
    const machine = `Object.defineProperty(process, 'platform', { value: '${platform}' });
      Object.defineProperty(process, 'arch', { value: '${arch}' });`;
    const { code, output } = await command(sandbox(), {}, off, machine);
    expect(output).toMatch(said);
    expect(code).toBe(1);
  });

  test.skipIf(!linux)('says what it needs before it looks for tools', async () => {
    const box = sandbox();
    const env = { ...off, PATH: pathWith({}) };
    const { code, output } = await command(box, { gpu: true }, env);
    expect(output).toMatch(
      /2\.21\.0 for GPUs, and 12 CUDA libraries: 3\.4 GB to download, \d\.\d GB of disk space in\n/,
    );
    expect(output).toContain(box.cache);
    expect(output).toMatch(/no C\+\+ compiler/);
    expect(code).toBe(1);
  });
});

describe.skipIf(!linux || !has('python3'))('the files of a build', () => {
  /** A wheel with these files. */
  function makeWheel(folder: string, project: string, files: Record<string, string>) {
    const file = join(folder, `${project}.whl`);
    const program = `import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as archive:
    for name, text in json.loads(sys.argv[2]).items(): archive.writestr(name, text)`;
    spawnSync('python3', ['-c', program, file, JSON.stringify(files)]);
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    return {
      file,
      wheel: {
        project,
        version: '1',
        name: `${project}-1`,
        size: 1000,
        sha256,
        address: pathToFileURL(file).href,
        pip: [],
      },
    };
  }

  test('come from all wheels; what is done stays when a later one is missing', async () => {
    const box = sandbox();
    const first = makeWheel(box.home, 'tensorflow', {
      'tensorflow/libtensorflow_cc.so.2': 'cc',
      'tensorflow/libtensorflow_framework.so.2': 'framework',
      'tensorflow/include/tensorflow/c/c_api.h': 'header',
      'tensorflow/include/tensorflow/core/framework/op_kernel.h': 'C++',
      'tensorflow/python/module.py': 'python',
    });
    const second = makeWheel(box.home, 'nvidia-cublas', {
      'nvidia/cublas/lib/libcublas.so.12': 'cublas',
      'nvidia/cublas/include/cublas.h': 'header',
      'nvidia/cuda_nvcc/bin/ptxas': 'ptxas',
      'nvidia/cuda_nvcc/bin/nvcc': 'nvcc',
    });
    const folder = join(box.cache, 'tensorflow-1');
    const build = { kind: 'gpu', version: '1', unpacked: 1000, folder, wheels: [first.wheel, second.wheel] };
    const obtain = () =>
      runSetup(
        box,
        {},
        `const { obtainFiles } = await import('${module('prepare')}');
         await obtainFiles(${JSON.stringify(build)});`,
      );
    const bytes = readFileSync(second.file);
    writeFileSync(second.file, 'altered');
    const broken = await obtain();
    expect(broken.output).toMatch(/is not nvidia-cublas-1: its sha256 is/);
    expect(broken.code).toBe(1);

    writeFileSync(second.file, bytes);
    rmSync(first.file); // it is not needed again
    const whole = await obtain();
    expect(whole.output).not.toContain('tensorflow-1:');
    expect(whole.code).toBe(0);
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
      /\.(\w+)$|ptxas/.test(name),
    );
    expect(found.sort()).toEqual([
      'nvidia/cublas/lib/libcublas.so.12',
      'nvidia/cuda_nvcc/bin/ptxas',
      'tensorflow/include/tensorflow/c/c_api.h',
      'tensorflow/libtensorflow_cc.so.2',
      'tensorflow/libtensorflow_framework.so.2',
      'wheels.json',
    ]);
    expect(existsSync(second.file)).toBe(true);
    expect((await obtain()).output).toBe('');
  });
});
