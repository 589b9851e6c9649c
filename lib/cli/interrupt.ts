/** Listens for Ctrl-C during work that can stop and save. */
export interface Interrupt {
  signal: AbortSignal;
  /** Stops listening. */
  close(): void;
}

/** The first Ctrl-C (or SIGTERM) aborts the signal. The second ends the process at once with code 130. */
export function onInterrupt(announce: (message: string) => void): Interrupt {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    announce('Stopping after this step; press Ctrl-C again to quit at once.');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    close() {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}
