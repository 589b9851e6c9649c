import { describe, expect, test } from 'vitest';
import { nativeInfo } from '../../lib/addon/info.js';
import { runtimeInfo } from '../../lib/paths/runtime.js';
import { once } from './addon.js';

// The project's other tests mean nothing if they ran elsewhere.
describe.runIf(once)('the project', () => {
  test('runs on the native path, with the instruction set it asks for', () => {
    expect(runtimeInfo().path).toBe('native');
    expect(nativeInfo()).toMatchObject({ simd: { target: process.env.FRAC_CONNECTIONS_SIMD } });
  });
});
