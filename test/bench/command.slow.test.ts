import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendRows, readRows } from '../../bench/harness/rows.mjs';
import { modelsRow, opsRow } from './row.js';

const MAIN = fileURLToPath(new URL('../../bench/main.mjs', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bench-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function bench(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

const fileOf = (name: string, ...rows: object[]) => {
  const file = join(folder, name);
  appendRows(file, rows);
  return file;
};

describe('npm run bench -- --compare', () => {
  it('exits with 1 where a ratio is more than 15 % worse than the committed, and names it', () => {
    fileOf('committed.jsonl', opsRow(), modelsRow());
    const rows = fileOf('rows', opsRow({ ofComposition: 0.13 }), modelsRow({ ofResidual: 1.2 }));
    const { status, stdout } = bench('--from', rows, '--compare', folder);
    expect(stdout).toContain(
      'worse by 30 %: width, forward, tensorflow, 8x64:dfc4: ofComposition 0.100 -> 0.130',
    );
    expect(stdout).toContain('worse by 20 %: dense dfc4, training, tensorflow: ofResidual 1.000 -> 1.200');
    expect(stdout).toContain('2 rows compared, 2 ratios worse');
    expect(status).toBe(1);
  });

  it('exits with 0 within 15 %', () => {
    fileOf('committed.jsonl', opsRow(), modelsRow());
    const rows = fileOf('rows', opsRow({ us: 99, ofComposition: 0.11 }), modelsRow());
    const { status, stdout } = bench('--from', rows, '--compare', folder);
    expect(stdout).toContain('2 rows compared, 0 ratios worse');
    expect(status).toBe(0);
  });
});

describe('npm run bench -- --publish', () => {
  it('takes no rows that are of no commit', () => {
    const rows = fileOf('rows', opsRow({ commit: '1234567+' }));
    const { status, stderr } = bench('--from', rows, '--publish');
    expect(stderr).toContain('--publish: rows must be of a commit, got 1234567+');
    expect(status).toBe(1);
  });
});

describe('npm run bench', () => {
  it('measures what it was asked for, and keeps each row', () => {
    const file = join(folder, 'rows');
    const asked = [
      '--suites',
      'ops',
      '--ops',
      'width,residual',
      '--paths',
      'fallback-cpu',
      '--shapes',
      '3x15:dfc3p',
    ];
    const { status, stdout, stderr } = bench(...asked, '--budget', '0.01', '--json', file);
    expect(stderr).toContain('3x15:dfc3p: width, backward');
    expect(stdout).toContain('6 rows in');
    expect(status).toBe(0);
    const rows = readRows(file);
    const expected = ['width', 'residual'].flatMap(op =>
      ['forward', 'backward', 'both'].map(pass => ({ op, pass })),
    );
    expect(rows).toMatchObject(expected);
    for (const row of rows) expect(row).toMatchObject({ path: 'fallback-cpu', cache: 'in', gbps: null });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('shows the rows that it has when %s stops it', async signal => {
    const args = ['--suites', 'ops', '--paths', 'fallback-cpu', '--shapes', '3x15:dfc3,4x15:dfc3'];
    const child = spawn(process.execPath, [MAIN, ...args, '--budget', '0.01'], { detached: true });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr += text;
      // The whole group, as a terminal does.
      if (/3x15:dfc3: depth, forward\n$/.test(stderr)) process.kill(-child.pid!, signal);
    });
    const [code] = await once(child, 'close');
    expect(stderr).toContain(`${signal}: stopping after this measurement`);
    expect(stderr).not.toContain('4x15');
    expect(stdout).toMatch(/│ 'width' +│/);
    expect(stdout).toContain('4 rows in');
    expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
  });

  it.each([
    [['--shapes', '8x64:dfc3'], "a shape's dim must be a multiple of its fractions, got 8x64:dfc3"],
    [['--shapes', '0x64:dfc4'], "a shape's tokens must be 1 or more"],
    [['--paths', 'fast'], '--paths must be of all'],
    [['--ops', 'wide'], 'must be of width, depth'],
    [['--threads', '1.5'], 'must be a whole number above 0, got 1.5'],
    [['--model', 'dim=no'], 'must be of dim, layers'],
    [['--from', '/no/such/file'], 'no such file'],
    [['--from', 'a', '--json', 'b'], '--from measures nothing'],
  ])('says what is wrong with %j', (args, message) => {
    const { status, stdout, stderr } = bench(...args);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect(stdout).toBe('');
    expect(status).toBe(1);
  });
});
