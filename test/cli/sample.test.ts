import { mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { backend, commandLine } from './support.js';

const { file, folder, run, tiny } = commandLine();

beforeAll(async () => {
  const { code, stderr } = await run('train', ...tiny, '--quiet', '--out', 'run');
  expect(stderr).toBe('');
  expect(code).toBe(0);
});

const sample = (...args: string[]) => run('sample', 'run', '--backend', backend, '--quiet', ...args);

describe('sample', () => {
  test('goes on from the prompt; the same seed writes the same, another one does not', async () => {
    const args = ['--prompt', 'the cat ', '--tokens', '40', '--temperature', '1'];
    const [a, b, c] = await Promise.all([sample(...args), sample(...args), sample(...args, '--seed', '5')]);
    expect(a.stderr).toBe('');
    expect(a.code).toBe(0);
    expect(a.stdout.startsWith('the cat ')).toBe(true);
    expect(a.stdout.endsWith('\n')).toBe(true);
    expect(b.stdout).toBe(a.stdout);
    expect(c.stdout).not.toBe(a.stdout);
  });

  test('temperature 0 takes the most likely, whatever the seed; so does top-k 1', async () => {
    const args = ['--prompt', 'a', '--tokens', '12'];
    const [a, b, c] = await Promise.all([
      sample(...args, '--temperature', '0', '--seed', '1'),
      sample(...args, '--temperature', '0', '--seed', '2'),
      sample(...args, '--temperature', '3', '--top-k', '1', '--checkpoint', 'last'),
    ]);
    expect(a.stdout.length).toBeGreaterThan(1);
    expect(b.stdout).toBe(a.stdout);
    expect(c.stdout).toBe(a.stdout);
  });

  test('without a prompt, without tokens, and from the best checkpoint or a file', async () => {
    const none = await sample('--tokens', '0', '--prompt', 'naïve');
    expect(none.stdout).toBe('naïve\n');
    const best = await sample('--checkpoint', 'best', '--tokens', '5');
    expect(best.stderr).toBe('');
    expect(best.code).toBe(0);
    const named = await run(
      'sample',
      'run/best.safetensors',
      '--backend',
      backend,
      '--quiet',
      '--tokens',
      '5',
    );
    expect(named.stdout).toBe(best.stdout);
  });

  test('with the tokenizer of the run', async () => {
    const args = ['--tokenizer', 'gpt2', '--steps', '1', '--out', 'words'];
    expect(await run('train', ...tiny, ...args, '--quiet')).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout } = await run(
      'sample',
      'words',
      '--backend',
      backend,
      '--prompt',
      'a word',
      '--tokens',
      '6',
    );
    expect(code).toBe(0);
    expect(stdout.startsWith('a word')).toBe(true);
    // Six tokens out of 50,257 that mean nothing yet are longer than six bytes.
    expect(stdout.trim().length).toBeGreaterThan('a word'.length + 6);
  });

  test('of a comparison: says which runs it holds', async () => {
    mkdirSync(path.join(folder, 'several', 'dfc4'), { recursive: true });
    const moved = path.join(folder, 'several', 'dfc4', 'last.safetensors');
    renameSync(path.join(folder, 'run', 'last.safetensors'), moved);
    const { code, stderr } = await run('sample', 'several', '--backend', backend);
    renameSync(moved, path.join(folder, 'run', 'last.safetensors'));
    expect(stderr).toContain(`it holds a comparison, so give one of ${path.join('several', 'dfc4')}`);
    expect(code).toBe(1);
  });

  test.each([
    ['no such run', 'nowhere', /nowhere.* does not exist/],
    ['a file that is no checkpoint', 'notes.txt', /notes\.txt is damaged or is not a checkpoint/],
    ['a cut checkpoint', 'cut.safetensors', /cut\.safetensors is damaged or is not a checkpoint/],
  ])('refuses %s', async (_, target, message) => {
    file('notes.txt', 'these are notes');
    const { readFileSync } = await import('node:fs');
    file('cut.safetensors', readFileSync(path.join(folder, 'run', 'last.safetensors')).subarray(0, 3000));
    const { code, stderr } = await run('sample', target, '--backend', backend, '--quiet');
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });
});
