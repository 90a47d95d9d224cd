import { pointerSegments } from '../../engine/json/json-pointer.ts';
import { dataOf, type ManifestReading } from '../lint-manifest.ts';
import { schemaAt } from '../schema/schema.ts';
import type { Span } from '../text/tree.ts';
import { describeSchema, sinceOf } from './describe.ts';
import { spotAt } from './places.ts';

/** An explanation of what stands at an offset. */
export interface Hover {
  readonly markdown: string;
  readonly span: Span;
}

export function hover(reading: ManifestReading, file: string, offset: number): Hover | undefined {
  const spot = spotAt(reading, file, offset);
  if (!spot) return undefined;
  const root = dataOf(reading);
  const schema = schemaAt(reading.generation, spot.pointer, root);
  if (!schema?.description && !schema?.type) return undefined;
  const segments = pointerSegments(spot.pointer);
  const above = spot.pointer.slice(0, spot.pointer.lastIndexOf('/'));
  const parent = schemaAt(reading.generation, above, root);
  const key = segments.at(-1) ?? '';
  const isKnown = parent?.properties?.[key] !== undefined;
  const isRequired = isKnown ? (parent?.required?.includes(key) ?? false) : undefined;
  const since = sinceOf(reading.generation, above, key);
  const path = segments.filter((segment) => !/^\d+$/.test(segment)).join(' › ');
  return { markdown: `**${path}**\n\n${describeSchema(schema, isRequired, since)}`, span: spot.span };
}
