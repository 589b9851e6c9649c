import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { LogRecord } from '../../lib/train/log.js';
import { repeats } from '../support/repeats.js';
import { commandLine } from './support.js';

const { file, folder, run, start, text, tiny } = commandLine();

function log(out: string): LogRecord[] {
  const lines = readFileSync(path.join(folder, out, 'log.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map(line => JSON.parse(line) as LogRecord);
}

const losses = (out: string) => log(out).map(({ event, step, loss }) => [event, step, loss] as const);

describe('train', () => {
  test('trains, keeps its settings, and says where the run is', async () => {
    const { code, stdout, stderr } = await run('train', ...tiny, '--out', 'plain', '--wiring', 'dfc2');
    expect(stderr).toMatch(/^This takes about \d+ s on this machine: 6 steps\.\nBackend: /);
    expect(stderr).toContain('DFCx2: ');
    expect(stdout).toMatch(/^DFCx2: loss \d\.\d{3}, held-out \d\.\d{3}; saved in plain\n$/);
    expect(code).toBe(0);
    expect(readdirSync(path.join(folder, 'plain')).sort()).toEqual([
      'best.safetensors',
      'last.safetensors',
      'log.jsonl',
      'settings.json',
    ]);
    expect(log('plain').filter(record => record.event === 'step')).toHaveLength(6);
    expect(log('plain').filter(record => record.event === 'evaluation')).toHaveLength(2);
    const settings = JSON.parse(readFileSync(path.join(folder, 'plain', 'settings.json'), 'utf8'));
    expect(settings).toMatchObject({ command: 'train', wiring: 'dfc2', steps: 6, dim: 8 });
  });

  test('takes options from a file, the command line first; all flags reach the model', async () => {
    const config = file('options.json', JSON.stringify({ wiring: 'dhc2', tanh: false, lr: 0.5, experts: 2 }));
    const args = ['--config', config, '--data', 'text.txt', '--lr', '0.001', '--no-scale', '--quiet'];
    const { code, stdout, stderr } = await run('train', ...tiny, ...args, '--out', 'configured');
    expect(stderr).toBe('');
    expect(stdout).toContain('DHCx2 no tanh no scale: loss');
    expect(code).toBe(0);
    const settings = JSON.parse(readFileSync(path.join(folder, 'configured', 'settings.json'), 'utf8'));
    // The path from the root, so that the run can be resumed from anywhere.
    expect(settings).toMatchObject({ lr: 0.001, tanh: false, scale: false, experts: 2, data: text });
    expect(log('configured')[0]).toHaveProperty('terms.balanceLoss');
  });

  test('stopped by a signal: saved, told how to go on, and goes on as if it had never stopped', async () => {
    const long = [...tiny, '--wiring', 'dfc2', '--eval-every', '100', '--steps', '100'];
    const straight = run('train', ...long, '--quiet', '--out', 'straight');
    const { child, ended } = start('train', ...long, '--out', 'stopped');
    await vi.waitUntil(() => existsSync(path.join(folder, 'stopped', 'log.jsonl')), {
      timeout: 120_000,
      interval: 5,
    });
    child.kill('SIGINT');
    const stopped = await ended;
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toMatch(
      /Stopped at step \d+ and saved\. Continue with: frac-connections train --resume stopped\n$/,
    );
    const step = Number(/Stopped at step (\d+)/.exec(stopped.stderr)?.[1]);
    expect(log('stopped').at(-1)?.step).toBe(step);

    const resumed = await run('train', '--resume', 'stopped');
    expect(resumed.stderr).toContain(`100 steps, from step ${step}, to stopped`);
    expect(resumed.code).toBe(0);
    expect((await straight).code).toBe(0);
    const [a, b] = [losses('straight'), losses('stopped')];
    expect(b.map(([event, at]) => [event, at])).toEqual(a.map(([event, at]) => [event, at]));
    if (repeats()) expect(b).toEqual(a);
    else for (const [i, [, , loss]] of a.entries()) expect(b[i]![2]).toBeCloseTo(loss, 3);
  });

  test('resumes with more steps, and refuses another model or another course', async () => {
    const first = await run('train', ...tiny, '--warmup', '2', '--quiet', '--out', 'more');
    expect(first.code).toBe(0);
    const more = await run('train', '--resume', 'more', '--steps', '9', '--quiet');
    expect(more.code).toBe(0);
    expect(log('more').at(-1)?.step).toBe(9);
    const before = readFileSync(path.join(folder, 'more', 'last.safetensors'));
    for (const [flag, value, what] of [
      ['--layers', '2', 'model.layers is 1 there and 2 here'],
      ['--wiring', 'sfc4', 'model.wiring.dynamic is true there and false here'],
      ['--lr', '0.5', 'options.learningRate'],
      ['--seed', '3', 'seed is 0 there and 3 here'],
    ] as const) {
      const { code, stderr } = await run('train', '--resume', 'more', flag, value, '--quiet');
      expect(stderr).toContain(what);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(code).toBe(1);
    }
    expect(readFileSync(path.join(folder, 'more', 'last.safetensors')).equals(before)).toBe(true);
  });

  test('stops when it diverges, and names the last good checkpoint', async () => {
    const args = ['--steps', '40', '--checkpoint-every', '1', '--warmup', '0', '--clip', '0', '--lr', '1e30'];
    const { code, stderr } = await run('train', ...tiny, ...args, '--quiet', '--out', 'diverged');
    expect(stderr).toMatch(/^frac-connections: .*(loss|norm|weight).*\n$/);
    expect(code).toBe(1);
  });
});
