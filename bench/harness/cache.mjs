// Evicts inputs from the cache by reading as much memory as the last-level cache holds, if its size is known.
import { readdirSync, readFileSync } from 'node:fs';

const CACHES = '/sys/devices/system/cpu/cpu0/cache';
const UNKNOWN = 64 << 20;

/** Bytes of the largest cache of the first core, from Linux; 64 MiB on other systems. */
export function cacheBytes(folder = CACHES) {
  let names;
  try {
    names = readdirSync(folder).filter(name => name.startsWith('index'));
  } catch (error) {
    if (error.code === 'ENOENT') return UNKNOWN; // not Linux, or a kernel without this information
    throw error;
  }
  const sizes = names.map(name => parseSize(readFileSync(`${folder}/${name}/size`, 'utf8').trim()));
  return Math.max(UNKNOWN, ...sizes);
}

/** Converts a size such as '266240K' to bytes. */
export function parseSize(text) {
  const [, number, unit] = /^(\d+)([KMG]?)$/.exec(text) ?? [];
  if (number === undefined) throw new Error(`cacheBytes: a size must be a number and K, M or G, got ${text}`);
  return Number(number) * { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[unit];
}

let buffer;

/** Reads one value of every cache line of a buffer that fills the last-level cache. */
export function evict() {
  buffer ??= new Float64Array(cacheBytes() / 8).fill(1); // pages that were never written would all map to one page of zeros
  let sum = 0;
  for (let i = 0; i < buffer.length; i += 8) sum += buffer[i];
  return sum;
}
