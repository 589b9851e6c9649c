import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { readPrepared } from '../../lib/tensorflow/prepared.js';
import { run } from './support/child.js';
import { copyConsumer, prebuilt } from './support/consumer.js';
import { root, temporaryFolder } from './support/folders.js';
import { type Dependencies, makeProject, npm, TFJS, TFJS_NODE } from './support/managers.js';

/** tfjs greets whoever runs it in Node without tfjs-node. */
const GREETING = /\n?=+\nHi, looks like you are running TensorFlow\.js in Node\.js\. .*\n=+\n/;

const examples = join(root, 'examples');

/** Puts an example into a project that has what it depends on, and runs it there as `npm start` does. */
function start(name: string, folder: string, installed: Dependencies, ...args: string[]): string {
  const manifest = JSON.parse(readFileSync(join(examples, name, 'package.json'), 'utf8'));
  expect(manifest.dependencies).toEqual({ ...installed, 'frac-connections': 'file:../..' });
  expect(manifest.scripts.start).toBe('node index.js');
  cpSync(join(examples, name, 'index.js'), join(folder, 'index.mjs'));
  const { status, stdout, stderr } = run(process.execPath, ['index.mjs', ...args], { cwd: folder });
  expect([status, stderr.replace(GREETING, '')]).toEqual([0, '']);
  return stdout;
}

/** All numbers that follow a word, in the order in which they are printed. */
const numbers = (text: string, word: string) =>
  [...text.matchAll(new RegExp(`${word} (\\d+\\.\\d+)`, 'g'))].map(([, value]) => Number(value));

function expectFall(losses: number[], count: number): void {
  expect(losses).toHaveLength(count);
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
}

describe('examples', () => {
  test('are all tested', () => {
    const folders = readdirSync(examples, { withFileTypes: true }).filter(entry => entry.isDirectory());
    // test/browser has the page.
    expect(folders.map(({ name }) => name).sort()).toEqual(['browser', 'core', 'layers', 'tensorflow-gpu']);
  });

  test('layers: trains, saves and loads a model', () => {
    const printed = start('layers', copyConsumer(), TFJS);
    expectFall(numbers(printed, 'loss'), 4);
    expect(printed).toMatch(/saved and loaded: predictions differ by 0\npath: native\n$/);
  });

  test('core: trains branches of its own in a stack', () => {
    const printed = start('core', copyConsumer(), TFJS);
    const [residual, frac] = [/residual .*/g, /DFCx4 .*/g].map(lines => printed.match(lines)!.join('\n'));
    expectFall(numbers(residual!, 'loss'), 4);
    expectFall(numbers(frac!, 'loss'), 4);
    expect(printed).toMatch(/path: native\n$/);
  });

  const prepared = readPrepared();
  const reason = 'reason' in prepared ? prepared.reason : undefined;
  test('tensorflow-gpu: trains a language model inside TensorFlow', ({ skip }) => {
    if (reason !== undefined) return skip(`no TensorFlow: ${reason}`);
    const folder = temporaryFolder();
    makeProject(folder, inject('tarball'), { dependencies: TFJS_NODE });
    const installed = npm.install(folder, inject('caches'), false, [npm.skipScripts]);
    expect([installed.status, installed.stderr]).toEqual([0, '']);
    const printed = start('tensorflow-gpu', folder, TFJS_NODE, '40');
    expectFall(numbers(printed, 'held-out loss'), 2);
    expect(printed).toContain(`path: tensorflow\naddon: ${prebuilt(folder)}\n`);
  });
});
