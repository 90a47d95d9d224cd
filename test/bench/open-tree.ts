import { openBrowser } from '../../extension/engine/browse/open-browser.ts';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { FileSource } from '../../extension/engine/io/file-source.ts';
import { childrenOf } from '../support/children.ts';

/**
 * Opens the package that is given and lists its root: says how many milliseconds that took
 * once the code was loaded, and how many of a processor.
 */
const [, , path = ''] = process.argv;
const blake3 = fastestBlake3();
const [started, spent] = [performance.now(), process.cpuUsage()];
await using source = await FileSource.open(path);
const browser = await openBrowser(source, blake3);
const children = await childrenOf(browser, browser.root);
const { user, system } = process.cpuUsage(spent);
console.log(`${performance.now() - started} ${(user + system) / 1000}`);
if (children.length === 0) process.exitCode = 1;
