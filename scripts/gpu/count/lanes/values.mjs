// A lane's 32 bits, as the number they are kept as (0 to 2^32 - 1) and as what instructions take them for.
export const LANES = 32;
export const EVERY_LANE = Array.from({ length: LANES }, (_, lane) => lane);

const view = new DataView(new ArrayBuffer(4));

export function floatOf(bits) {
  view.setUint32(0, bits);
  return view.getFloat32(0);
}

export function bitsOf(float) {
  view.setFloat32(0, float);
  return view.getUint32(0);
}

/** What loads, and arithmetic on half types, leave: a kernel's path must not depend on data. */
export const MADE_UP = 0x3f800000;

/** The bits of a number that float16 can hold. */
export function halfBits(number) {
  const sign = number < 0 || Object.is(number, -0) ? 0x8000 : 0;
  const size = Math.abs(number);
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 2 ** -24)));
  return sign + size * 2 ** (10 - exponent) + (size < 2 ** -14 ? 0 : (exponent + 14) * 1024);
}
