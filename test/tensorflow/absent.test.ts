import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../setup/sandbox.js';

const dist = join(import.meta.dirname, '..', '..', 'dist');

/** What a program gets that imports the entry with nothing but `prepared` in the cache. */
function importWith(prepared: object | undefined, env: Record<string, string> = {}) {
  const home = temporaryFolder();
  if (prepared) {
    mkdirSync(join(home, 'frac-connections'));
    writeFileSync(join(home, 'frac-connections', 'prepared.json'), JSON.stringify(prepared));
  }
  const program = `
    try { await import('${dist}/esm/tensorflow/index.js'); console.log('loaded'); }
    catch (error) { console.log(JSON.stringify([error.name, error.code, error.message])); }`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    cwd: home,
    env: { ...process.env, XDG_CACHE_HOME: home, FRAC_CONNECTIONS_TENSORFLOW: '', ...env },
  });
  return JSON.parse(stdout) as [name: string, code: string, message: string];
}

const broken = (folder: string) => {
  const binding = join(folder, 'tfjs_binding.node');
  writeFileSync(binding, 'not a library');
  return { format: 1, source: 'wheel', directory: folder, binding, tfjs: '4.22.0' };
};

// Needs no backend. Where tfjs-node's own installer has worked there is always a TensorFlow, and nothing to test.
const own = existsSync(join(dist, '..', 'node_modules', '@tensorflow', 'tfjs-node-gpu', 'lib'));
describe.skipIf(own)('importing the entry without TensorFlow', () => {
  test('throws one error that says what is missing and what to type', () => {
    const [name, code, message] = importWith(undefined);
    expect([name, code]).toEqual(['FracConnectionsError', 'ERR_TENSORFLOW']);
    expect(message).toMatch(
      /tfjs-node-gpu 4\.22\.0 has no native binding of its own, and set-up has prepared no TensorFlow \(no .*prepared\.json\)/,
    );
    expect(message).toContain('`npm install --ignore-scripts @tensorflow/tfjs-node`');
    expect(message).toContain('`npx frac-connections setup`');
    expect(message).toContain('`npm approve-scripts @tensorflow/tfjs-node`');
  });

  test('names a binding that does not load', () => {
    const prepared = broken(temporaryFolder());
    const [, code, message] = importWith(prepared);
    expect(code).toBe('ERR_TENSORFLOW');
    expect(message).toContain(`with ${prepared.binding}: ${prepared.binding}: `);
  });

  test('names a binding for another version, and one that is gone', () => {
    const prepared = broken(temporaryFolder());
    expect(importWith({ ...prepared, tfjs: '4.0.0' })[2]).toContain(
      'set-up prepared a binding for version 4.0.0',
    );
    expect(importWith({ ...prepared, binding: '/nowhere/x.node' })[2]).toMatch(
      /\/nowhere\/x\.node.* does not exist/,
    );
  });

  test('FRAC_CONNECTIONS_TENSORFLOW=off makes it absent', () => {
    expect(importWith(undefined, { FRAC_CONNECTIONS_TENSORFLOW: 'off' })[2]).toContain(
      'FRAC_CONNECTIONS_TENSORFLOW is off',
    );
  });
});
