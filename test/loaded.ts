// Preloaded by `npm test`. Without isolation Node passes a test file that throws while it is loaded, if it has registered
// a test before that (seen with Node 24.21). A module that has thrown does so again when it is imported once more.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '#src/lib/message-of.ts';

const files = (process.env['SERIN_TEST_FILES'] ?? '').split('\n').filter((file) => file !== '');

process.once('beforeExit', async () => {
  for (const file of files) {
    try {
      await import(pathToFileURL(resolve(file)).href);
    } catch (error) {
      process.stderr.write(`✖ ${file} cannot be loaded: ${messageOf(error)}\n`);
      process.exitCode = 1;
    }
  }
});
