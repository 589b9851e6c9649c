import { describe, expect, test } from 'vitest';
import type { Facts } from '../../lib/cli/facts.js';
import { describeVerdict, verdict } from '../../lib/cli/verdict.js';

const backend = (name: string, path: string, requested = 'auto') =>
  ({ backend: name, path, requested, remarks: [], notTaken: [] }) as Facts['backends'][number];
const native: Facts['native'] = {
  available: true,
  binary: '/x.node',
  chosen: 'built here',
  build: { compiler: 'GNU 12', type: 'Release', sanitize: '', cuda: '13.0' },
  simd: { target: 'avx2', available: ['avx2'] },
  threads: 2,
};
const found = (usesGpu: boolean): Facts['tensorflow'] => ({
  found: true,
  version: '2.21.0',
  package: 'p',
  source: 'own',
  binding: 'b',
  mended: [],
  usesGpu,
  gpu: '',
});
const gpu = {
  available: true,
  driver: '13.0',
  runtime: '13.0',
  devices: [{}],
} as unknown as Facts['cuda'];

/** A machine on which everything runs, with changes. */
const facts = (changes: Partial<Facts>): Facts => ({
  version: '1.0.0',
  folder: null,
  node: 'v24.0.0',
  platform: 'linux x64',
  system: '',
  processor: '',
  cores: 2,
  memoryGb: 8,
  environment: {},
  packages: {},
  prepared: { reason: 'a test' },
  tensorflow: found(false),
  native,
  cuda: { available: false, reason: 'no driver' } as Facts['cuda'],
  backends: [backend('tensorflow', 'tensorflow'), backend('cpu', 'native')],
  ...changes,
});

describe('the verdict', () => {
  test('on a machine with all there is', () => {
    expect(verdict(facts({}))).toEqual({
      backend: 'tensorflow',
      path: 'tensorflow',
      runs: 'kernels for avx2',
      faster: null,
    });
    expect(describeVerdict(verdict(facts({})))).toBe(
      "ops run on the path 'tensorflow' of the backend 'tensorflow': kernels for avx2; nothing faster is known for this machine",
    );
    const onGpu = verdict(facts({ tensorflow: found(true), cuda: gpu }));
    expect([onGpu.runs, onGpu.faster]).toEqual(['CUDA kernels', null]);
  });

  const noTensorflow: Facts['tensorflow'] = {
    found: false,
    reasons: ['x'],
    type: ['npx frac-connections setup'],
  };
  const cpu = [backend('cpu', 'native')];
  test.each<[string, Partial<Facts>, string]>([
    ['no backend', { backends: [] }, 'npm install @tensorflow/tfjs'],
    ['no TensorFlow', { tensorflow: noTensorflow, backends: cpu }, 'npx frac-connections setup'],
    ['no addon', { native: { available: false, reasons: ['x'] } }, 'npx frac-connections build'],
    [
      'the addon is off',
      { native: { available: false, reasons: ['x'] }, environment: { FRAC_CONNECTIONS_NATIVE: 'off' } },
      'unset FRAC_CONNECTIONS_NATIVE',
    ],
    ['a GPU that TensorFlow does not use', { cuda: gpu }, 'npx frac-connections setup --gpu'],
    [
      "TensorFlow's GPU without our kernels",
      { tensorflow: found(true), cuda: gpu, backends: [backend('tensorflow', 'fallback')] },
      'npx frac-connections build --cuda on',
    ],
    [
      'the fallback was requested',
      { backends: [backend('cpu', 'fallback', 'fallback')] },
      'unset FRAC_CONNECTIONS_PATH',
    ],
  ])('%s: names the one thing to type', (_, changes, command) => {
    expect(verdict(facts(changes)).faster).toContain(command);
    expect(describeVerdict(verdict(facts(changes)))).toMatch(
      new RegExp(`(faster with |: run ).*${command}$`),
    );
  });
});
