import { main } from './main.ts';

// Set rather than called, so that standard output is flushed before the process ends.
main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
