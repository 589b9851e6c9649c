// Either package may be the one that a project has; a type import of an absent one is `any`, and then the other counts.
// The errors to ignore are those of the absent package, in a user's project as much as here.

// biome-ignore lint/suspicious/noTsIgnore: in a project that has the package there is no error to expect
/** @ts-ignore */
type Gpu = typeof import('@tensorflow/tfjs-node-gpu');
// biome-ignore lint/suspicious/noTsIgnore: in a project that has the package there is no error to expect
/** @ts-ignore */
type Cpu = typeof import('@tensorflow/tfjs-node');

/** The module of `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`, whichever is installed. */
// Anything goes into the `any` of an absent package, and a string not into a module. Boxed, because TypeScript answers a
// question that is about such an `any` directly with the same `any`.
export type TfjsNode = { box: '' } extends { box: Gpu } ? Cpu : Gpu;
