import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectWithTools } from './support/bundlers.js';
import { run } from './support/child.js';
import { root } from './support/folders.js';

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const OPTIONS = { strict: true, target: 'es2022', lib: ['es2022', 'dom'], types: [], outDir: 'out' };

/** A project with tfjs-node-gpu's types beside it, and the program under these names. */
function project(names: string[], options: Record<string, unknown>) {
  const { project: folder, tool } = projectWithTools({});
  const node = join('node_modules', '@tensorflow', 'tfjs-node-gpu');
  for (const part of ['package.json', 'dist']) {
    cpSync(join(root, node, part), join(folder, node, part), { recursive: true });
  }
  const source = readFileSync(join(folder, 'use_types.txt'));
  for (const name of names) writeFileSync(join(folder, name), source);
  const settings = { compilerOptions: { ...OPTIONS, ...options }, files: names };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  return { folder, tool };
}

// The types of all packages are checked, so that ours are; those of tfjs and its packages, and of zod, are wrong under `strict`.
const OTHERS = /^(node_modules\/(@tensorflow|@webgpu|zod)\/|\S*\/typescript[\w-]*\/lib\/)/;

/** What the compiler says of the program and of this package. */
function errorsIn(folder: string, compiler = tsc): string[] {
  const { stdout, stderr } = run(process.execPath, [compiler], { cwd: folder });
  expect(stderr, 'the compiler itself fails').toBe('');
  const errors = stdout.split('\n').filter(line => /^\S/.test(line)); // what is indented goes on about the line above
  return errors.filter(line => !OTHERS.test(line));
}

describe('TypeScript', () => {
  test('under node16 finds every entry from ES modules and CommonJS, and what it emits runs', () => {
    const { folder } = project(['use.mts', 'use.cts'], {
      module: 'node16',
      moduleResolution: 'node16',
    });
    expect(errorsIn(folder)).toEqual([]);
    for (const program of ['out/use.mjs', 'out/use.cjs']) {
      const { stdout, status } = run(process.execPath, [program], { cwd: folder });
      expect([status, stdout]).toEqual([0, 'true function function 1,2,8\n']);
    }
  });

  test('5 with module commonjs, which knows no exports, finds every entry, and what it emits runs', () => {
    const { folder, tool } = project(['use.ts'], { module: 'commonjs', moduleResolution: 'node10' });
    expect(errorsIn(folder, tool('typescript5', 'bin', 'tsc'))).toEqual([]);
    const { stdout, status } = run(process.execPath, ['out/use.js'], { cwd: folder });
    expect([status, stdout]).toEqual([0, 'true function function 1,2,8\n']);
  });

  test.each([
    ['node16', 'node16', ['use.mts', 'use.cts']],
    ['bundler', 'esnext', ['use.ts']],
  ])('7 under %s finds every entry', (moduleResolution, module, names) => {
    const { folder, tool } = project(names, { module, moduleResolution, noEmit: true });
    expect(errorsIn(folder, tool('typescript7', 'bin', 'tsc'))).toEqual([]);
  });
});
