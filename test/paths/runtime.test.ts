import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { FracConnection } from '../../lib/connections/frac_connection.js';
import { path, runtimeInfo, setPath } from '../../lib/paths/runtime.js';

describe('the runtime', () => {
  afterEach(() => setPath('auto'));

  it('tells the backend, the path taken and why each other was not', () => {
    const info = runtimeInfo();
    expect(info.backend).toBe(tf.getBackend());
    expect(info.path).toBe(path());
    expect(info.requested).toBe(process.env.FRAC_CONNECTIONS_PATH ?? 'auto');
    expect([info.path, ...info.notTaken.map(each => each.path)].sort()).toEqual([
      'fallback',
      'native',
      'tensorflow',
    ]);
    for (const { reason } of info.notTaken) expect(reason).not.toBe('');
  });

  it('runs on the fallback when told to', () => {
    setPath('fallback');
    expect(runtimeInfo()).toMatchObject({ path: 'fallback', requested: 'fallback' });
    const connection = new FracConnection({ dim: 4, rate: 2 });
    const out = connection.apply(tf.ones([4]), x => x);
    expect([...out.dataSync()]).toEqual([2, 2, 2, 2]);
    out.dispose();
    connection.dispose();
  });

  it('refuses a path that is not there, says why, and changes nothing', () => {
    const [missing] = runtimeInfo().notTaken;
    expect(() => setPath(missing!.path)).toThrow(
      `setPath: '${missing!.path}' cannot run on tfjs backend '${tf.getBackend()}': ${missing!.reason}`,
    );
    expect(() => setPath('gpu' as never)).toThrow(
      "setPath: path must be one of 'auto', 'tensorflow', 'native', 'fallback', got \"gpu\"",
    );
    expect(runtimeInfo().requested).toBe('auto');
  });

  it('is quiet when the path changes: tfjs warns of kernels registered twice', () => {
    const warnings: unknown[] = [];
    const { warn } = console;
    console.warn = (...args: unknown[]) => warnings.push(args);
    try {
      const connection = new FracConnection({ dim: 4, rate: 2 });
      for (const each of ['fallback', 'auto', 'fallback'] as const) {
        setPath(each);
        tf.tidy(() => void connection.apply(tf.ones([4]), x => x));
      }
      connection.dispose();
    } finally {
      console.warn = warn;
    }
    expect(warnings).toEqual([]);
  });
});
