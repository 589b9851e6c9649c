import type { NativeInfo } from '../addon/info.js';
import type { CudaInfo } from '../cuda/info.js';
import type { RuntimeInfo } from '../paths/runtime.js';
import type { Prepared } from '../tensorflow/prepared.js';

/** What `doctor` finds. */
export interface Facts {
  version: string;
  /** The folder of the package; null in a bundle. */
  folder: string | null;
  node: string;
  platform: string;
  /** Release of the operating system, and its C library. */
  system: string;
  processor: string;
  cores: number;
  memoryGb: number;
  /** The environment variables that decide what runs. */
  environment: Record<string, string>;
  /** Versions of the installed tfjs packages; null for a package that is not installed. */
  packages: Record<string, string | null>;
  /** The TensorFlow that `setup` prepared, or the reason why there is none. */
  prepared: Prepared | { reason: string };
  tensorflow:
    | {
        found: true;
        version: string;
        package: string;
        source: string;
        binding: string;
        mended: string[];
        /** Whether TensorFlow uses a GPU. */
        usesGpu: boolean;
        /** Whether and how our ops run on its GPU, or the reason why they do not. */
        gpu: string;
      }
    | { found: false; reasons: string[]; type: string[] };
  /** The addon with the native kernels. */
  native: NativeInfo;
  cuda: CudaInfo;
  /** The path of the ops on each backend that starts here. */
  backends: RuntimeInfo[];
}
