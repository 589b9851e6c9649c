import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { FracConnectionsError } from '../common/errors.js';
import { writeFileAtomic } from '../common/files.js';
import { packageRoot } from '../common/root.js';
import { renderReport } from './html.js';
import type { ReportData } from './types.js';

export type * from './types.js';

/** The script of the page, made by `npm run build`. */
export const pageScript = () => path.join(packageRoot(), 'dist', 'report', 'page.js');

/**
 * Writes a report as one HTML file. It contains the data, charts and style, and loads nothing else.
 *
 * @param file the path; an existing file is replaced by a rename
 * @throws FracConnectionsError `ERR_FILE` if the page's script is not built or the file cannot be written
 */
export async function writeReport(file: string, report: ReportData): Promise<void> {
  const page = pageScript();
  const script = await readFile(page, 'utf8').catch((cause: unknown) => {
    const message = `writeReport: ${page} cannot be read; run \`npm run build\``;
    throw new FracConnectionsError('ERR_FILE', message, { cause });
  });
  writeFileAtomic(file, renderReport(report, script));
}
