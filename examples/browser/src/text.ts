import bookUrl from 'frac-connections/moby-dick.txt?url';

/** Loads the book that the package contains. */
export async function fetchBook(): Promise<string> {
  const response = await fetch(bookUrl);
  if (!response.ok)
    throw new Error(`The book could not be loaded: ${response.status} ${response.statusText}`);
  return response.text();
}
