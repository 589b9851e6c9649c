import { isUtf8 } from 'node:buffer';

/** Length in bytes of a character with this first byte; 0 if no character starts with it. */
function characterLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

/** The number of bytes up to the end of the last complete character. */
export function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return characterLength(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** The index of the first byte that is NUL or not valid UTF-8; -1 if there is none. */
export function firstNotText(bytes: Uint8Array): number {
  const nul = bytes.indexOf(0);
  const text = nul < 0 ? bytes : bytes.subarray(0, nul);
  return isUtf8(text) ? nul : firstInvalid(text);
}

// Goes through the characters one by one, which is slow. Only called for a chunk with an invalid one.
function firstInvalid(bytes: Uint8Array): number {
  let i = 0;
  while (i < bytes.length) {
    const length = characterLength(bytes[i]!);
    if (length === 0 || i + length > bytes.length || !isUtf8(bytes.subarray(i, i + length))) return i;
    i += length;
  }
  return -1;
}
