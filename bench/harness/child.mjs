// The process of a contender. It loads a module and runs calls of its exported functions, one at a time.
const [, , url] = process.argv;

let handlers;
process.on('message', async ({ id, name, argument }) => {
  try {
    handlers ??= await import(url);
    process.send({ id, value: await handlers[name](argument) });
  } catch (error) {
    process.send({ id, error: error.stack ?? String(error) });
  }
});
process.on('disconnect', () => process.exit());
