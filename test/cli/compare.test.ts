import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ReportData } from '../../lib/report/index.js';
import { commandLine } from './support.js';

const { folder, run, start, tiny } = commandLine();

function report(out: string): ReportData {
  const html = readFileSync(path.join(folder, out, 'report.html'), 'utf8');
  const json = /<script type="application\/json" id="report-data">([\s\S]*?)<\/script>/.exec(html)?.[1];
  return JSON.parse(json ?? '');
}

describe('compare', () => {
  test('trains each wiring on the same data, prints a table and writes the report', async () => {
    const { code, stdout, stderr } = await run(
      'compare',
      ...tiny,
      '--rate',
      '2',
      '--wirings',
      'residual,sfc,dfc4',
      '--out',
      'all',
    );
    expect(stderr).toMatch(
      /^This takes about \d+ s on this machine: 6 steps for each of 3 wirings\.\nBackend: /,
    );
    expect(stderr).toMatch(/Backend: .* Our ops take the path '\w+'\.\n/);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(
      /^wiring +parameters +train loss +vs residual +held-out +vs residual +tokens\/s +memory$/,
    );
    expect(lines.slice(2, 5).map(line => line.split(/ +/)[0])).toEqual(['residual', 'SFCx2', 'DFCx4']);
    expect(stdout.trim().split('\n').at(-1)).toBe(`Report: ${path.join(folder, 'all', 'report.html')}`);

    const { runs, settings } = report('all');
    expect(runs.map(r => r.name)).toEqual(['residual', 'SFCx2', 'DFCx4']);
    // Same start, same batch: the first loss is the same but for rounding.
    const first = runs.map(r => r.train.y[0] as number);
    expect(first[1]).toBeCloseTo(first[0]!, 4);
    expect(first[2]).toBeCloseTo(first[0]!, 4);
    const [residual, sfc, dfc] = runs as [
      ReportData['runs'][0],
      ReportData['runs'][0],
      ReportData['runs'][0],
    ];
    expect(sfc.parameters - residual.parameters).toBe(2 * 2 * (2 * 2 + 1));
    expect(sfc.connectionParameters).toBe(2 * 2 * (2 * 2 + 1));
    expect(residual.connections).toEqual([]);
    expect(dfc.connections.map(c => c.name)).toEqual(['1 attention', '1 FFN']);
    expect(dfc.connections[0]!.initial.read).toEqual(
      [0, 1, 2, 3].map(i => [0, 1, 2, 3].map(j => Number(i === j))),
    );
    expect(dfc.connections[0]!.learned.mix).not.toEqual(dfc.connections[0]!.initial.mix);
    expect(dfc.connections[0]!.tokenMean).toBeDefined();
    expect(sfc.connections[0]!.tokenMean).toBeUndefined();
    for (const r of runs) {
      expect(r.train.x).toEqual([1, 2, 3, 4, 5, 6]);
      expect(r.evals.x).toEqual([3, 6]);
      expect(r.tokensPerSecond).toBeGreaterThan(0);
      // At the least the weights, their gradients and two moments.
      expect(r.memoryBytes).toBeGreaterThan(4 * 3 * r.parameters);
      expect(r.similarities).toHaveLength(1);
      const { p5, median, p95 } = r.similarities[0]!;
      expect(-1 <= p5 && p5 <= median && median <= p95 && p95 <= 1).toBe(true);
    }
    expect(settings.find(s => s.name === 'layers')?.value).toBe('1');
  });

  test('stopped and resumed: what was finished is kept, the rest is trained', async () => {
    const args = [...tiny, '--wirings', 'residual,sfc2', '--steps', '60'];
    const { child, ended } = start('compare', ...args, '--out', 'half');
    child.stderr?.on('data', (text: string) => {
      if (text.includes('residual done')) child.kill('SIGINT');
    });
    const stopped = await ended;
    expect(stopped.stderr).toContain('Continue with: frac-connections compare --resume half');
    expect(stopped.code).toBe(130);
    expect(existsSync(path.join(folder, 'half', 'report.html'))).toBe(false);
    const finished = readFileSync(path.join(folder, 'half', 'residual', 'result.json'), 'utf8');

    const resumed = await run('compare', '--resume', 'half');
    expect(resumed.stderr).toMatch(/^The rest takes about \d+ s on this machine\.\nBackend: /);
    expect(resumed.stderr).toContain('residual: finished before');
    expect(resumed.code).toBe(0);
    expect(readFileSync(path.join(folder, 'half', 'residual', 'result.json'), 'utf8')).toBe(finished);
    expect(report('half').runs.map(r => r.train.x.length)).toEqual([60, 60]);
  });

  test('killed before a first checkpoint: resume starts that wiring again', async () => {
    const made = await run('compare', ...tiny, '--wirings', 'sfc2', '--quiet', '--out', 'killed');
    expect(made.code).toBe(0);
    for (const name of ['last.safetensors', 'best.safetensors', 'result.json']) {
      rmSync(path.join(folder, 'killed', 'sfc2', name));
    }
    const resumed = await run('compare', '--resume', 'killed', '--quiet');
    expect(resumed.stderr).toBe('');
    expect(resumed.code).toBe(0);
    expect(report('killed').runs[0]!.train.x).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test.each([
    ['a folder in use', ['--out', 'used'], 1, 'used already holds a run; continue it with --resume used'],
    ['a wiring twice', ['--wirings', 'dfc,dfc4'], 2, '--wirings: dfc4 is named twice'],
    [
      'a rate that does not fit',
      ['--wirings', 'residual,sfc3', '--out', 'bad'],
      2,
      'dim must be a multiple of',
    ],
    ['resume of no run', ['--resume', 'nowhere'], 1, '--resume: nowhere holds no run'],
    ['resume with other settings', ['--resume', 'used', '--steps', '9'], 2, 'leave out --steps'],
  ])('refuses %s', async (_, args, expected, message) => {
    mkdirSync(path.join(folder, 'used'), { recursive: true });
    if (!existsSync(path.join(folder, 'used', 'settings.json'))) {
      const made = await run('compare', ...tiny, '--wirings', 'residual', '--quiet', '--out', 'used');
      expect(made.code).toBe(0);
    }
    const { code, stderr, stdout } = await run(
      'compare',
      ...(args[0] === '--resume' ? [] : tiny),
      ...args,
      '--quiet',
    );
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(expected);
    expect(existsSync(path.join(folder, 'bad'))).toBe(false);
  });
});
