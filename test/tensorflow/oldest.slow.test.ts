import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../lib/cli/diagnosis.js';
import { cacheDirectory } from '../../lib/tensorflow/prepared.js';
import { addon, root } from '../native/addon.js';
import { temporaryFolder } from '../setup/sandbox.js';

// The TensorFlow that tfjs-node 4.22 is released with is 2.9, and ops are registered with it as with the newest one. A cache
// folder of its own inside the common one: the wheel is fetched once, and what set-up prepared stays.
const cache = join(cacheDirectory(), 'oldest');
const able = addon?.tensorflow !== undefined && process.platform === 'linux' && process.arch === 'x64';

function runNode(args: string[], more: Record<string, string> = {}) {
  // A run of vitest's inside another one: nothing of the outer one's may reach it.
  const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST|FRAC_CONNECTIONS_)/.test(name));
  const env = { ...Object.fromEntries(own), XDG_CACHE_HOME: cache, ...more };
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: root, env });
  expect(status, stdout + stderr).toBe(0);
  return stdout;
}

function prepare(): string | undefined {
  if (!able) return 'it takes Linux on x64 and the addon';
  const lastLine = runNode(['test/tensorflow/oldest.mjs']).trim().split('\n').at(-1)!;
  const { reason } = JSON.parse(lastLine) as { reason?: string };
  if (reason !== undefined) console.log(`skipped: TensorFlow 2.9 (${reason})`);
  return reason;
}

const reason = prepare();

describe.skipIf(reason !== undefined)(
  `TensorFlow 2.9${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    test('is what loads, and ops run inside it', () => {
      const found = JSON.parse(runNode(['dist/esm/cli/main.js', 'doctor', '--json'])) as Diagnosis;
      expect(found.tensorflow).toMatchObject({ found: true, version: '2.9.3', source: 'prepared' });
      expect(found.backends[0]).toMatchObject({ backend: 'tensorflow', path: 'tensorflow' });
    });

    test('has the reference values and gradients, the rules of the ops, their errors and memory, and trains', () => {
      const report = join(temporaryFolder(), 'report.json');
      runNode(
        [
          ...['node_modules/vitest/vitest.mjs', 'run', '--project', 'tensorflow'],
          ...['--reporter=json', `--outputFile=${report}`],
          ...['test/ops/reference.test.ts', 'test/ops/rules.test.ts'],
          ...['test/native/tensorflow.test.ts', 'test/train/language_model.test.ts'],
        ],
        { FRAC_CONNECTIONS_REQUIRE_TENSORFLOW: '1' },
      );
      const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
      expect([numFailedTests, numPendingTests]).toEqual([0, 0]);
      expect(numPassedTests).toBeGreaterThan(90);
    });
  },
);
