import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';

// tfjs-core by itself registers no gradient ("gradient function not found for Add"); tfjs and tfjs-node do. The folder is
// inside the repository so that the bundle finds tfjs in its node_modules.
const folder = mkdtempSync(join(import.meta.dirname, '..', 'node_modules', '.core-alone-'));
const bundle = join(folder, 'bundle.mjs');

describe('the browser entries', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['browser.ts', ['@tensorflow/tfjs-core']],
    ['layers/browser.ts', ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers']],
    ['models/browser.ts', ['@tensorflow/tfjs-core']],
  ])('%s bundles for a browser with nothing of Node in it', async (entry, packages) => {
    const { metafile } = await build({
      entryPoints: [join(import.meta.dirname, '..', 'lib', entry)],
      bundle: true,
      format: 'esm',
      platform: 'browser', // an import of a Node module is an error here
      external: ['@tensorflow/*'],
      outfile: entry === 'browser.ts' ? bundle : join(folder, 'other.mjs'),
      metafile: true,
    });
    const imports = Object.values(metafile.outputs).flatMap(output => output.imports.map(each => each.path));
    expect([...new Set(imports)].sort()).toEqual(packages);
  });

  it('has gradients with tfjs-core and one backend alone', () => {
    const script = join(folder, 'script.mjs');
    writeFileSync(
      script,
      `import * as tf from '@tensorflow/tfjs-core';
       import '@tensorflow/tfjs-backend-cpu';
       import { ConnectionStack, expandStreams, HyperConnection, reduceStreams } from './bundle.mjs';
       const h = tf.tensor1d([1, 2, 3, 4]);
       if (tf.getGradient('Add') != null) throw new Error('this test needs tfjs without gradients');
       const identity = x => x;
       const stack = new ConnectionStack({ dim: 4, rate: 2, branches: [identity, identity, identity] });
       const seed = tf.tensor1d([1, 10, 100, 1000]);
       console.log(JSON.stringify([...tf.grad(each => stack.apply(each))(h, seed).dataSync()]));
       const hyper = new HyperConnection({ dim: 4, rate: 2, layerIndex: 0 });
       const f = each => reduceStreams(hyper.apply(expandStreams(each, 2), identity), 2);
       console.log(JSON.stringify([...tf.grad(f)(h, seed).dataSync()]));`,
    );
    const { stdout, status } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    expect(status).toBe(0);
    // Each connection doubles at its initial weights: h + h.
    expect(stdout).toContain('[8,80,800,8000]\n[4,40,400,4000]\n');
  });
});
