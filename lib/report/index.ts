import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { FracConnectionsError } from '../common/errors.js';
import { writeFileAtomic } from '../common/files.js';
import { packageRoot } from '../common/root.js';
import { renderReport } from './html.js';
import type { ReportData } from './types.js';

export type * from './types.js';

/** The page's script, as `npm run build` leaves it. */
export const pageScript = () => path.join(packageRoot(), 'dist', 'report', 'page.js');

/**
 * Writes a report as one HTML file that loads nothing else: data, charts and style are in it.
 *
 * @param file where to; an existing file is replaced, in one step
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
