import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { gpuUnavailable } from '../../lib/paths/tensorflow/availability.js';
import { readPrepared } from '../../lib/tensorflow/prepared.js';
import { addon, binary, root } from './addon.js';

const hasTensorflow = 'binding' in readPrepared();

const doctor = (env: Record<string, string>) =>
  spawnSync(process.execPath, [`${root}/dist/esm/cli/main.js`, 'doctor'], {
    encoding: 'utf8',
    env: { ...process.env, FRAC_CONNECTIONS_PATH: '', FRAC_CONNECTIONS_TENSORFLOW: 'off', ...env },
  }).stdout.replaceAll(/ {2,}/g, '  ');

describe.runIf(addon)('doctor', () => {
  test('tells the addon: file, build, instruction set, threads, and the path of the backend', () => {
    const said = doctor({ FRAC_CONNECTIONS_SIMD: 'baseline', FRAC_CONNECTIONS_THREADS: '3' });
    expect(said).toContain(`native addon  ${binary}\n`);
    expect(said).toMatch(/^ {2}built with (GNU|Clang|AppleClang) \d+\.\S*, Release; CUDA: /m);
    expect(said).toMatch(/^ {2}instruction set baseline.*; 3 threads$/m);
    expect(said).toContain("backend cpu  ops take the path 'native'\n");
  });

  test.runIf(hasTensorflow)("tells whether our ops can run on TensorFlow's GPU, or why not", () => {
    const said = doctor({ FRAC_CONNECTIONS_TENSORFLOW: '' });
    const reason = gpuUnavailable(addon!.cuda);
    const how = reason === undefined ? /(in|waiting for)/ : `no: ${reason}\n`;
    expect(said.split('  our ops on its GPU: ')[1]).toMatch(how);
    const without = doctor({ FRAC_CONNECTIONS_TENSORFLOW: '', FRAC_CONNECTIONS_NATIVE: 'off' });
    expect(without).toContain('  our ops on its GPU: no: there is no native addon\n');
  });

  test('tells why there is none', () => {
    const said = doctor({ FRAC_CONNECTIONS_NATIVE: 'off' });
    expect(said).toContain('native addon  not found:\n  - FRAC_CONNECTIONS_NATIVE is off\n');
    expect(said).toContain("backend cpu  ops take the path 'fallback'\n");
    expect(said).toContain("  not 'native': FRAC_CONNECTIONS_NATIVE is off\n");
  });
});
