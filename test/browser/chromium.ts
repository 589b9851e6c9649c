import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium as driver } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** A Chromium on the path, or undefined. */
export const executable = (process.env.PATH ?? '')
  .split(path.delimiter)
  .flatMap(folder => NAMES.map(name => path.join(folder, name)))
  .find(isExecutable);

/** Why the tests in a browser do not run, or undefined. */
export const noBrowser = executable ? undefined : `none of ${NAMES.join(', ')} is on the path`;

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts Chromium with WebGL in software: the same on every machine, with a GPU or without. */
export function launch(): Promise<Browser> {
  return driver.launch({
    executablePath: executable as string,
    args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-quic'],
  });
}
