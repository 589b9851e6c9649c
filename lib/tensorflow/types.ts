// A project has one of the two packages. A type import of the missing one gives `any`, and then the type of the other
// is used. The ignored errors are those for the missing package; they would occur in a user's project as well.

// biome-ignore lint/suspicious/noTsIgnore: if the package is installed, there is no error to expect
/** @ts-ignore */
type Gpu = typeof import('@tensorflow/tfjs-node-gpu');
// biome-ignore lint/suspicious/noTsIgnore: if the package is installed, there is no error to expect
/** @ts-ignore */
type Cpu = typeof import('@tensorflow/tfjs-node');

/** The module of `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`, whichever is installed. */
// Tests whether Gpu is `any`: a string is assignable to `any`, but not to a module. The types are boxed because a
// conditional type on a bare `any` import gives `any` again.
export type TfjsNode = { box: '' } extends { box: Gpu } ? Cpu : Gpu;
