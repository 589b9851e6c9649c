// npm run bench:report: writes bench/REPORT.md and bench/report.html from the rows in bench/results.
//
//   npm run bench:report [-- FOLDER_OF_ROWS FOLDER_FOR_THE_REPORT]
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readFolder } from '../harness/compare.mjs';
import { latest } from '../harness/latest.mjs';
import { RESULTS } from '../harness/rows.mjs';
import { chartsOf } from './charts.mjs';
import { markdownOf } from './markdown.mjs';
import { pageOf } from './page.mjs';

const [from = RESULTS, to = dirname(RESULTS)] = process.argv.slice(2).map(each => resolve(each));

const rows = latest(readFolder(from));
if (rows.length === 0)
  throw new Error(`bench:report: ${from} has no rows; npm run bench -- --json FILE.jsonl writes them`);
mkdirSync(to, { recursive: true });
writeFileSync(join(to, 'REPORT.md'), markdownOf(rows));
writeFileSync(join(to, 'report.html'), pageOf(chartsOf(rows), rows));
console.log(`${rows.length} rows: ${join(to, 'REPORT.md')}, ${join(to, 'report.html')}`);
