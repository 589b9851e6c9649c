/** Listens for Ctrl-C while something runs that can be stopped in good order. */
export interface Interrupt {
  signal: AbortSignal;
  /** Stops listening. */
  close(): void;
}

/** First Ctrl-C (or SIGTERM): aborts the signal. Second: the process ends at once, with code 130. */
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
