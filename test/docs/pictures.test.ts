import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lossPicture } from '../../scripts/pictures/loss.mjs';
import { againstResidual, means, readRuns } from '../../scripts/pictures/runs.mjs';
import { THEMES } from '../../scripts/pictures/themes.mjs';
import { FOLDER, makePictures } from '../../scripts/pictures.mjs';

const made: Record<string, string> = makePictures();

describe('the pictures in docs/public', () => {
  it('are those that the script makes', () =>
    expect(readdirSync(FOLDER).filter(name => name.endsWith('.svg'))).toEqual(Object.keys(made).sort()));

  it.each(Object.keys(made))('%s is what it makes of the committed rows', name => {
    // No diff of two long texts: npm run docs:pictures makes them anew.
    expect(readFileSync(join(FOLDER, name), 'utf8') === made[name]).toBe(true);
  });

  it.each(Object.entries(made))('%s loads nothing and has no value that is none', (_, svg) => {
    expect(svg.replaceAll(/xmlns(:xlink)?="[^"]*"/g, '')).not.toMatch(/https?:|url\((?!#)|NaN|undefined/);
  });
});

describe('loss against residual', () => {
  const row = (wiring: string, seed: number, ...losses: number[]) => ({
    wiring,
    seed,
    heldOut: { x: losses.map((_, i) => 100 * (i + 1)), y: losses },
  });
  const rows = [
    row('residual', 0, 2, 1.5),
    row('residual', 1, 2.2, 1.7),
    row('DFCx4', 0, 1.99, 1.48),
    row('DFCx4', 1, 2.2, 1.66),
  ];

  it('takes the residual run of the same seed', () => {
    const lines = againstResidual(readRuns({ rows }));
    expect(lines.map(({ wiring, seed }) => [wiring, seed])).toEqual([
      ['DFCx4', 0],
      ['DFCx4', 1],
    ]);
    expect(lines[0]!.points[1]![1]).toBeCloseTo(-0.02, 10);
    const [mean] = means(lines);
    expect(mean!.points.map(([step]) => step)).toEqual([100, 200]);
    expect(mean!.points[1]![1]).toBeCloseTo(-0.03, 10);
  });

  it('fails without one', () =>
    expect(() => againstResidual(readRuns({ rows: rows.slice(1) }))).toThrow(
      'DFCx4, seed 0: there is no residual run of this seed',
    ));

  it('leaves out rows without a series', () =>
    expect(readRuns({ rows: [{ wiring: 'residual', seed: 0, heldOutLoss: 2 }] })).toEqual([]));

  it.each(Object.entries(THEMES))('is drawn with its last values; %s', (_, theme) => {
    const settings = { layers: 4, dim: 128, steps: 200, batch: 8, context: 128, tokenizer: 'byte' };
    const svg = lossPicture(theme, { settings, runs: readRuns({ rows }) });
    expect(svg).toContain('>DFCx4  −0.03<');
    expect(svg).toContain('>residual<');
    expect(svg).toContain('200 steps of 1,024 bytes; the mean of 2 seeds');
    expect(svg).toContain(theme.wirings[0]!);
    expect(svg).not.toContain('NaN');
    expect(lossPicture(theme, { settings, runs: readRuns({ rows }) })).toBe(svg);
  });
});
