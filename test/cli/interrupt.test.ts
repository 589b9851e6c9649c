import { afterEach, expect, test, vi } from 'vitest';
import { onInterrupt } from '../../lib/cli/interrupt.js';

afterEach(() => vi.restoreAllMocks());

test('the first Ctrl-C asks to stop, the second ends the process, and afterwards nobody listens', () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(code => {
    throw new Error(`exit ${code}`);
  });
  const said: string[] = [];
  const before = process.listenerCount('SIGINT');
  const interrupt = onInterrupt(line => said.push(line));
  expect(interrupt.signal.aborted).toBe(false);
  process.emit('SIGINT');
  expect(interrupt.signal.aborted).toBe(true);
  expect(said).toEqual(['Stopping after this step; press Ctrl-C again to quit at once.']);
  expect(exit).not.toHaveBeenCalled();
  expect(() => process.emit('SIGINT')).toThrow('exit 130');
  interrupt.close();
  expect(process.listenerCount('SIGINT')).toBe(before);
});
