/** The contract of one op: its names and the order of its outputs, the same on every path. */
export interface OpContract {
  /** The tfjs kernel's name; its gradient's is this and `Grad`. */
  readonly kernelName: string;
  readonly outputs: readonly string[];
}

/** Every op, by the stem of its files in each layer. */
export const OPS = {
  frac_width: { kernelName: 'FracWidth', outputs: ['x', 'alpha', 'beta'] },
  frac_depth: { kernelName: 'FracDepth', outputs: ['out'] },
  frac_depth_width: { kernelName: 'FracDepthWidth', outputs: ['out', 'x', 'alpha', 'beta'] },
} as const satisfies Record<string, OpContract>;

export type Stem = keyof typeof OPS;
