import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CudaInfo } from '../../lib/cuda/info.js';
import { addon, root } from '../native/addon.js';

const compiler = spawnSync('cc', ['--version']).status === 0;

// The addon with CUDA in it, over drivers that a test makes up: what CUDA's own runtime says to each.
describe.runIf(addon && addon?.cuda !== undefined && compiler && process.platform === 'linux')(
  'a driver',
  () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'frac-connections-driver-'));
      const source = join(root, 'native', 'test', 'fake_driver.c');
      const args = ['-shared', '-fPIC', '-o', join(folder, 'libcuda.so.1'), source];
      const { status, stderr } = spawnSync('cc', args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    function infoWith(env: Record<string, string>): CudaInfo {
      const code = `
      import { cudaInfo } from '${root}/dist/esm/cuda/index.js';
      console.log(JSON.stringify(cudaInfo()));`;
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
        encoding: 'utf8',
        cwd: root,
        env: { ...process.env, LD_LIBRARY_PATH: folder, ...env },
      });
      if (stdout === '') throw new Error(stderr);
      return JSON.parse(stdout) as CudaInfo;
    }

    test('that is too old is told, with the one that is needed', () => {
      const found = infoWith({ FAKE_DRIVER_VERSION: '12080' });
      expect(found).toMatchObject({ available: false, code: 'driver-version', driver: '12.8' });
      expect(found.available || found.reason).toMatch(
        /^the NVIDIA driver supports CUDA 12\.8, and this addon was built with 13\.\d: install driver 580 or newer$/,
      );
    });

    test('that sees no device is told, with what hides them', () => {
      const found = infoWith({
        FAKE_DRIVER_VERSION: '13000',
        FAKE_DRIVER_ERROR: '100',
        CUDA_VISIBLE_DEVICES: '',
      });
      expect(found).toMatchObject({ available: false, code: 'device', driver: '13.0', devices: [] });
      expect(found.available || found.reason).toBe(
        "the NVIDIA driver finds no device (CUDA_VISIBLE_DEVICES is '')",
      );
    });
  },
);
