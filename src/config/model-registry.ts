import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { ConfigError } from './config-error.js';
import { modelRegistrySchema, type ModelRegistry } from './model-registry.schema.js';

let loaded: ModelRegistry | null = null;

/** The product's own `models.yaml`, read and checked once per process; every fault of it in one `ConfigError`. */
export function loadModelRegistry(): ModelRegistry {
  loaded ??= parseModelRegistry(readFileSync(registryPath(), 'utf8'));
  return loaded;
}

/** Parses the text of a `models.yaml`. */
export function parseModelRegistry(text: string): ModelRegistry {
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) throw new ConfigError(document.errors.map((error) => `models.yaml: line ${String(text.slice(0, error.pos[0]).split('\n').length)}: ${error.message}`));
  const parsed = modelRegistrySchema.safeParse(document.toJS());
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => `models.yaml: ${issue.path.join('.')}: ${issue.message}`));
  return parsed.data;
}

/** Absolute path of the product's own `models.yaml`. */
export function registryPath(): string {
  // Sources and build lie at different depths below the package's folder.
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'models.yaml'))) {
    if (dirname(folder) === folder) throw new ConfigError(['models.yaml is missing from the package. Install Conclave again, or restore the file.']);
    folder = dirname(folder);
  }
  return join(folder, 'models.yaml');
}
