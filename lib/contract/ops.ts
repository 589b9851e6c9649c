/** The contract of one op: its names, and the order of its inputs and outputs. Every path keeps to it. */
export interface OpContract {
  /** Name of the tfjs kernel. The gradient kernel has this name with `Grad` after it. */
  readonly kernelName: string;
  /** The inputs that come before the weights. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * An optional last output: another tensor over the values of `input`, without a copy. Its gradient goes into the op's
   * gradient kernel. Without it, tfjs would sum two gradients of that input in a pass of its own.
   */
  readonly alias?: { readonly output: string; readonly input: string };
}

/** Every op. The key is the stem of the op's file names. */
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
  frac_read: {
    kernelName: 'FracRead',
    inputs: ['h', 'alpha'],
    outputs: ['x'],
    alias: { output: 'state', input: 'h' },
  },
  frac_depth_read: {
    kernelName: 'FracDepthRead',
    inputs: ['h', 'y', 'alpha', 'beta', 'nextAlpha'],
    outputs: ['out', 'x'],
  },
} as const satisfies Record<string, OpContract>;

export type Stem = keyof typeof OPS;
