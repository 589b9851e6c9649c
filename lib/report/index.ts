import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { FracConnectionsError } from '../common/errors.js';
import { writeFileAtomic } from '../common/files.js';
import { packageRoot } from '../common/root.js';
import { renderReport } from './html.js';
import type { ReportData } from './types.js';

export type * from './types.js';

/** The script of the page, made by `npm run build`. It is compressed: it is the largest text in the package. */
const pageFile = () => path.join(packageRoot(), 'dist', 'report', 'page.js.br');

/** The script of the page. */
export async function pageScript(): Promise<string> {
  return (await promisify(brotliDecompress)(await readFile(pageFile()))).toString();
}

/**
 * Writes a report as one HTML file. It contains the data, charts and style, and loads nothing else.
 *
 * @param file the path; an existing file is replaced by a rename
 * @throws FracConnectionsError `ERR_FILE` if the page's script is not built or the file cannot be written
 */
export async function writeReport(file: string, report: ReportData): Promise<void> {
  const script = await pageScript().catch((cause: unknown) => {
    const message = `writeReport: ${pageFile()} cannot be read; run \`npm run build\``;
    throw new FracConnectionsError('ERR_FILE', message, { cause });
  });
  writeFileAtomic(file, renderReport(report, script));
}
