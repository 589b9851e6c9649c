const common = {
  spread: 0.01,
  samples: 9,
  interference: 0.01,
  noisy: false,
  machine: { cpu: 'none', cores: 2, memoryGB: 1, system: 'linux x64' },
  versions: { node: '20.0.0' },
  commit: '0000000',
  date: '2026-01-01',
};

/** A row of the models' suite, as none was measured. */
export const modelsRow = (changed: object = {}) => ({
  suite: 'models',
  kind: 'dense',
  wiring: 'dfc4',
  pass: 'training',
  path: 'tensorflow',
  sizes: { dim: 64, layers: 2, heads: 4, context: 8, batch: 2 },
  threads: 2,
  parameters: 100,
  flopsPerToken: 100,
  us: 1,
  tokensPerSecond: 1,
  ofResidual: 1,
  activationBytes: 4096,
  activationsOfResidual: 1,
  peakBytes: 4096,
  ...common,
  ...changed,
});

/** A row of the ops' suite, as none was measured. */
export const opsRow = (changed: object = {}) => ({
  suite: 'ops',
  op: 'width',
  pass: 'forward',
  path: 'tensorflow',
  shape: { tokens: 8, dim: 64, streams: 1, fractions: 4, dynamic: true, prenorm: false },
  threads: 2,
  us: 1,
  cache: 'out',
  gbps: 1,
  percentOfCopy: 50,
  ofComposition: 0.1,
  ofResidual: 1,
  ...common,
  ...changed,
});
