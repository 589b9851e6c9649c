import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readFolder } from '../../bench/harness/compare.mjs';
import { latest } from '../../bench/harness/latest.mjs';
import { RESULTS } from '../../bench/harness/rows.mjs';
import { nameShape } from '../../bench/ops/shapes.mjs';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const rows = latest(readFolder(RESULTS)).filter(row => row.machine.cores === 2);

/** The one row of an op on the shape that the README names. */
function op(name: string, pass: string, path: string) {
  const found = rows.filter(
    row =>
      row.suite === 'ops' &&
      nameShape(row.shape) === '8192x2048:dfc4' &&
      row.op === name &&
      row.pass === pass &&
      row.path === path,
  );
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** The one row of a dense model with the sizes that the README names. */
function model(wiring: string, pass: string) {
  const found = rows.flatMap(row => {
    if (row.suite !== 'models' || row.kind !== 'dense' || row.wiring !== wiring || row.pass !== pass)
      return [];
    const { dim, layers, context, batch } = row.sizes;
    return dim === 256 && layers === 6 && context === 256 && batch === 8 ? [row] : [];
  });
  expect(found).toHaveLength(1);
  return found[0]!;
}

const ms = (us: number) => `${(us / 1e3).toFixed(1)} ms`;
const times = (ratio: number, digits = 1) => `${ratio.toFixed(digits)} x`;

describe('the README’s figures are rows of bench/results', () => {
  it.each([
    ['connection, forward', 'forward'],
    ['connection, forward and backward', 'both'],
  ])('%s', (name, pass) => {
    const composition = op('connection', pass, 'fallback-tensorflow').us;
    const compiled = op('connection', pass, 'torch-compile').us;
    const kernels = op('connection', pass, 'tensorflow').us;
    const figures = [ms(composition), ms(compiled), ms(kernels), times(composition / kernels)];
    expect(readme).toContain(`| ${name} | ${figures.join(' | ')} |`);
  });

  it.each([
    ['training step', 'training'],
    ['inference', 'inference'],
  ])('%s', (name, pass) => {
    const [residual, frac] = [model('residual', pass), model('dfc4', pass)];
    const speed = (row: { tokensPerSecond: number }) =>
      `${Math.round(row.tokensPerSecond).toLocaleString('en')} tokens/s`;
    const ratio = times(frac.tokensPerSecond / residual.tokensPerSecond, 2);
    expect(readme).toContain(`| ${name} | ${speed(residual)} | ${speed(frac)} | ${ratio} |`);
  });

  it('activations', () => {
    const [residual, frac] = [model('residual', 'training'), model('dfc4', 'training')];
    const megabytes = (row: { activationBytes: number | null }) =>
      `${(row.activationBytes! / 1e6).toFixed(0)} MB`;
    const ratio = times(frac.activationBytes! / residual.activationBytes!, 2);
    expect(readme).toContain(
      `| activations of a step | ${megabytes(residual)} | ${megabytes(frac)} | ${ratio} |`,
    );
  });
});

it('the table of losses is that of the comparison it names', () => {
  const [, file] = /`(bench\/results\/[\d-]+-compare\.json)`/.exec(readme)!;
  const { rows } = JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')) as {
    rows: { wiring: string; seed: number; parameters: number; trainLoss: number; heldOutLoss: number }[];
  };
  const of = (wiring: string) => rows.filter(row => row.wiring === wiring);
  const mean = (values: number[]) => (values.reduce((a, b) => a + b, 0) / values.length).toFixed(4);
  for (const wiring of ['residual', 'DFCx4']) {
    const own = of(wiring);
    const against = own.map((row, i) =>
      (row.heldOutLoss - of('residual')[i]!.heldOutLoss).toFixed(4).replace('-', '−'),
    );
    const cells = [
      own[0]!.parameters.toLocaleString('en'),
      mean(own.map(row => row.trainLoss)),
      mean(own.map(row => row.heldOutLoss)),
    ];
    expect(readme).toContain(
      `| ${[wiring, ...cells].join(' | ')} | ${wiring === 'residual' ? '' : `${against.join(', ')} `}|`,
    );
  }
});
