import { readFile } from 'node:fs/promises';
import { launchBrowser } from '../test/vscode/browser.ts';

/** Draws media/icon.png (the gallery shows no SVG) from media/icon.svg. */
await using browser = await launchBrowser();
const page = await browser.chromium.newPage({ viewport: { width: 256, height: 256 } });
const svg = await readFile('media/icon.svg', 'utf8');
await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${svg}`);
await page.screenshot({ path: 'media/icon.png', omitBackground: true });
