// The models that are measured: kinds, sizes and wirings, and their names on the command line.

/** Frac-Connections with rates 2, 4, 8 and Hyper-Connections with rates 2, 4, static and dynamic. */
export const WIRINGS = [
  'residual',
  ...['sfc2', 'sfc4', 'sfc8', 'dfc2', 'dfc4', 'dfc8'],
  ...['shc2', 'shc4', 'dhc2', 'dhc4'],
];

const SMALL = { dim: 128, layers: 4, heads: 4, context: 128, batch: 4 };
const LARGE = { dim: 256, layers: 6, heads: 4, context: 256, batch: 4 };

/** The sizes of each kind of model. `changed` are the sizes from --model. */
export function modelsOf(full, changed = {}) {
  const sizes = { ...(full ? LARGE : SMALL), ...changed };
  return { dense: sizes, moe: { ...sizes, experts: 8, expertsPerToken: 2, ffnDim: sizes.dim } };
}

/** Parses a wiring from the command line: residual, sfc4, dfc4, shc2, dhc2, ... */
export function parseWiring(word) {
  if (word === 'residual') return { kind: 'residual' };
  const [, dynamic, kind, rate] = /^([sd])([fh])c([1-9]\d*)$/.exec(word) ?? [];
  if (!kind) throw new Error(`a wiring must be residual, sfc4, dfc4, shc2, ..., got ${word}`);
  return { kind: kind === 'f' ? 'frac' : 'hyper', rate: Number(rate), dynamic: dynamic === 'd' };
}

/** Parses sizes: 'dim=256,layers=6' becomes { dim: 256, layers: 6 }. */
export function parseSizes(text) {
  const parts = text.split(',').map(part => {
    const [, name, value] = /^(\w+)=([1-9]\d*)$/.exec(part) ?? [];
    if (!(name in SMALL))
      throw new Error(`must be of ${Object.keys(SMALL).join(', ')}, such as dim=256,layers=6, got ${part}`);
    return [name, Number(value)];
  });
  return Object.fromEntries(parts);
}
