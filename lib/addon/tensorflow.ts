/** The exports of the addon under `tensorflow`. */
export interface TensorflowExports {
  /** Registers the ops with the TensorFlow of this process, once. `version` is '' if the process has no TensorFlow. */
  register(): { version: string; reasons: string[] };
  /** The devices for which TensorFlow has kernels of an op. Needs a TensorFlow in the process. */
  devices(op: string): string[];
  /**
   * The library through which GPU kernels get TensorFlow's CUDA stream; undefined while the process has no TensorFlow.
   */
  stream(): StreamLibrary | undefined;
}

/** The library that returns TensorFlow's CUDA stream. `reason` says why it is not in use; '' if it is. */
export interface StreamLibrary {
  file: string;
  reason: string;
}
