import { imageSize } from 'image-size';
import type { JsonObject } from '../package/json.ts';
import { isImageName, splitName } from '../package/mime.ts';
import type { ConversionNotes } from './conversion-notes.ts';
import { objectAt } from './new-terms.ts';

/**
 * The name that the icon gets: with the extension that the manifest says, which packages for 0.3 keep nowhere else. Devices of 0.3
 * showed whatever they did not know as PNG; those of 0.4 find no icon under such a name, so it is named by its own bytes then.
 */
export function iconName(manifest: JsonObject, icon: Uint8Array, notes: ConversionNotes): string {
  const path = objectAt(manifest, 'assets').get('icon');
  const said = typeof path === 'string' ? splitName(path.split('/').at(-1) ?? '').extension : undefined;
  const named = `icon.${said ?? 'png'}`;
  if (isImageName(named)) return named;
  const lower = named.toLowerCase();
  const fresh = isImageName(lower) ? lower : `icon.${typeOf(icon) ?? 'png'}`;
  notes.changed('/assets/icon', path ?? null, fresh, 'StartOS 0.4 finds icons by such names only');
  return fresh;
}

function typeOf(icon: Uint8Array): string | undefined {
  try {
    return imageSize(icon).type;
  } catch {
    return undefined;
  }
}
