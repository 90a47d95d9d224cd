import type { JsonObject, JsonValue } from '../../engine/package/json.ts';
import type { DataNode } from './data-tree.ts';

/** What a manifest says as a JsonValue, for the engine's rules; what is unknown becomes null. */
export function toJson(node: DataNode): JsonValue {
  switch (node.kind) {
    case 'object': {
      const object: JsonObject = new Map();
      for (const { key, value } of node.properties) object.set(key, toJson(value));
      return object;
    }
    case 'array':
      return node.items.map(toJson);
    case 'value':
      return node.value;
    case 'unknown':
      return null;
  }
}

/** The same as plain objects, for schema validation. */
export function toPlain(node: DataNode): unknown {
  switch (node.kind) {
    case 'object': {
      const object = Object.create(null) as Record<string, unknown>;
      for (const { key, value } of node.properties) object[key] = toPlain(value);
      return object;
    }
    case 'array':
      return node.items.map(toPlain);
    case 'value':
      return node.value;
    case 'unknown':
      return null;
  }
}
