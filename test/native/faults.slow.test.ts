import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { addon, root } from './addon.js';
import { runChild } from './child.js';

// Memory that an op writes for the first time comes page by page, at several times the cost of writing it.

const backend = process.env.TEST_BACKEND;
const wanted = backend === 'tensorflow' ? 'tensorflow' : 'native';
const able = backend === 'tensorflow' ? addon?.tensorflow !== undefined : addon !== undefined;

/** Whether Linux gives large pages to those who ask. */
function hasHugePages(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return !/\[never\]/.test(readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false; // a kernel without them
    throw error;
  }
}

describe.runIf(able && hasHugePages())(`page faults on path ${wanted}`, () => {
  test.each([32, 64])('of a result of %i MiB are few', size => {
    const [path, faults] = runChild(
      `
      if ('${backend}' === 'tensorflow') await import('${root}/dist/esm/tensorflow/index.js');
      const options = { dim: 2048, fractions: 4 };
      const h = tf.zeros([${size * 128}, 2048]);
      const { weights } = new fc.FracConnection({ dim: 2048, rate: 4 });
      const { alpha, beta } = fc.fracWidth(h, weights, options);
      const call = () => tf.dispose(fc.fracDepth(h, h, alpha, beta, options));
      const count = () => process.resourceUsage().minorPageFault;
      call();
      const before = count();
      for (let i = 0; i < 8; i++) call();
      say(fc.path());
      say((count() - before) / 8);`,
    ) as [string, number];
    expect(path).toBe(wanted);
    // All pages are 8,192 or 16,384. The ends of an array may be in small ones, and other things fault too.
    expect(faults).toBeLessThan(size * 64);
  });
});
