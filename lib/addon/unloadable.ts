import { ELF } from './formats/elf.js';
import { MACH_O } from './formats/mach_o.js';
import { PE } from './formats/pe.js';
import { type Format, Reader, Truncated } from './formats/reader.js';

// For a wrong file a system's loader reports little: "cannot open shared object file" on Linux. It maps a truncated file as if it
// were complete, and the process ends at the first missing page. So this file checks the header before the addon is loaded.

const FORMATS: Partial<Record<string, Format>> = { linux: ELF, darwin: MACH_O, win32: PE };

/** The reason in the file's header why this system cannot load it as an addon. Undefined if there is none, and on other systems. */
export function unloadable(
  file: string,
  { platform, arch }: { platform: string; arch: string } = process,
): string | undefined {
  const wanted = FORMATS[platform];
  if (wanted === undefined) return undefined;
  const reader = new Reader(file);
  try {
    const wrong = problem(reader, wanted, arch);
    return wrong && `${file} is ${wrong}`;
  } catch (error) {
    if (error instanceof RangeError) return `${file} is damaged: its ${wanted.header} contradicts itself`;
    if (!(error instanceof Truncated)) throw error;
    return `${file} is truncated: it has ${reader.size} bytes, fewer than the ${error.end} of its header`;
  } finally {
    reader.close();
  }
}

function problem(file: Reader, wanted: Format, arch: string): string | undefined {
  if (file.size === 0) return 'empty';
  const magic = file.magic();
  const found = Object.values(FORMATS).find(each => each!.is(magic));
  if (found === undefined) return `not a shared library (no ${wanted.header})`;
  if (found !== wanted) return `made for ${found.system}, not for ${wanted.system}`;
  const processors = wanted.processors(file);
  if (['x64', 'arm64'].includes(arch) && !processors.includes(arch))
    return `made for ${processors.join(' and ')}, not for ${arch}`;
  const end = wanted.end(file);
  return file.size < end ? `truncated: it has ${file.size} of ${end} bytes` : undefined;
}
