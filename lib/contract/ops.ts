/** The contract of one op: its names and the order of its outputs, the same on every path. */
export interface OpContract {
  /** The tfjs kernel's name; its gradient's is this and `Grad`. */
  readonly kernelName: string;
  /** Those before the weights, if it takes any. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * One more output, last, where a call asks for it: an input over again, no copy. What reaches its gradient enters the op's
   * gradient kernel, where tfjs would otherwise add up two gradients of that input.
   */
  readonly alias?: { readonly output: string; readonly input: string };
}

/** Every op, by the stem of its files in each layer. */
export const OPS = {
  frac_width: {
    kernelName: 'FracWidth',
    inputs: ['h'],
    outputs: ['x', 'alpha', 'beta'],
    alias: { output: 'state', input: 'h' },
  },
  frac_depth: { kernelName: 'FracDepth', inputs: ['h', 'y', 'alpha', 'beta'], outputs: ['out'] },
  frac_depth_width: {
    kernelName: 'FracDepthWidth',
    inputs: ['h', 'y', 'alpha', 'beta'],
    outputs: ['out', 'x', 'alpha', 'beta'],
  },
} as const satisfies Record<string, OpContract>;

export type Stem = keyof typeof OPS;
