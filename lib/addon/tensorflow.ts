/** What the addon exports under `tensorflow`. */
export interface TensorflowExports {
  /** Defines the ops with the TensorFlow of this process, once; the version is '' if there is no TensorFlow in it. */
  register(): { version: string; reasons: string[] };
  /** The devices for which TensorFlow has kernels of an op, once there is a TensorFlow. */
  devices(op: string): string[];
  /** How its kernels learn the CUDA stream that TensorFlow computes on; undefined while there is no TensorFlow. */
  stream(): StreamLibrary | undefined;
}

/** The library that tells TensorFlow's CUDA stream, and why it is not in use; '' if it is. */
export interface StreamLibrary {
  file: string;
  reason: string;
}
