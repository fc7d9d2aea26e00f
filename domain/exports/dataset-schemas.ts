import { z } from 'zod';

const file = z.object({
  name: z.string(),
  url: z.string().nullable(),
  sha256: z.string().nullable(),
  bytes: z.int().nullable(),
  verified: z.boolean().optional().describe('Of a file that was read: whether its hash was known beforehand; false: it is that of the first one seen'),
  format: z.enum(['jsonl', 'parquet']),
});

/** `DatasetManifest` on the wire, with the hashes of the files that were read. */
export const datasetManifestSchema = z.object({
  benchmark: z.string(),
  source: z.string(),
  revision: z.string(),
  licence: z.string(),
  split: z.string(),
  count: z.int(),
  files: z.array(file),
});

/** `BenchmarkDifference` on the wire. */
export const differenceSchema = z.object({ what: z.string(), official: z.string(), here: z.string() });
