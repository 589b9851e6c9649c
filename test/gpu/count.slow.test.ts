import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cuobjdump } from '../../scripts/cuda/tools.mjs';
import { root } from '../setup/sandbox.js';
import { gpuCount } from './gpu_count.js';

const ADDON = join(root, 'build', 'Release', 'frac_connections.node');

/** Why there is nothing to count, or undefined. */
async function reasonForNone(): Promise<string | undefined> {
  if (!existsSync(ADDON) || !readFileSync(ADDON).includes('.nv_fatb'))
    return 'the addon was built without CUDA';
  return cuobjdump().then(
    () => undefined,
    (error: Error) => error.message,
  );
}

test('gpu:count of the kernels as they are', { timeout: 600_000 }, async ({ skip }) => {
  const reason = await reasonForNone();
  if (reason && process.env.FRAC_CONNECTIONS_REQUIRE_CUDA !== '1') skip(reason);
  const all = 'width,depth,depth_width,width_grad,depth_grad,depth_width_grad';
  const { status, stdout, stderr } = gpuCount([
    ...['--addon', ADDON, '--ops', all, '--dims', '1024,40960', '--prenorm'],
  ]);
  expect(stderr).toBe('');
  expect(stdout).toContain('no measurement');
  const rows = stdout.split('\n').filter(line => line.includes('4x4'));
  expect(rows).toHaveLength(24);
  const [small, large] = [1024, 40960].map(dim => rows.filter(row => row.includes(`│ ${dim} `)));
  for (const row of small!) expect(Number(row.split('│')[7])).toBeGreaterThan(100);
  for (const row of large!) expect(row).toContain('general kind');
  expect([small, large].map(each => each!.length)).toEqual([12, 12]);
  expect(status).toBe(0);
});
