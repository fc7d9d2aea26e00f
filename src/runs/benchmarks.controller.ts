import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { Benchmark } from '../../domain/benchmarks/benchmark.js';
import { benchmarks } from '../../domain/benchmarks/registry.js';
import { datasetManifestSchema, differenceSchema } from '../../domain/exports/dataset-schemas.js';
import { ApiProblems } from '../http/api-errors.decorator.js';

const benchmarkSchema = z
  .object({
    name: z.string(),
    display_name: z.string(),
    description: z.string(),
    badge: z.enum(['official', 'simplified']),
    differences: z.array(differenceSchema),
    metric: z.string(),
    scorer_version: z.string(),
    items: z.int(),
    dataset: datasetManifestSchema,
    verified: z.boolean().describe('Whether the hashes of its files are known; else the first download\'s are held to'),
    ships: z.boolean().describe('Whether it comes with the product'),
    sampling: z.record(z.string(), z.unknown()),
    shuffles_choices: z.boolean(),
  })
  .meta({ id: 'Benchmark' });
const benchmarkListSchema = z.object({ data: z.array(benchmarkSchema) }).meta({ id: 'BenchmarkList' });
type BenchmarkBody = z.infer<typeof benchmarkSchema>;

/** What can be measured. */
@ApiTags('runs')
@Controller('api/benchmarks')
export class BenchmarksController {
  @Get()
  @ApiOperation({ summary: 'The benchmarks a run may select' })
  @ApiResponse({ status: 200, standardSchema: benchmarkListSchema })
  @ApiProblems()
  list(): { data: BenchmarkBody[] } {
    return { data: benchmarks.map(benchmarkBody) };
  }
}

function benchmarkBody(benchmark: Benchmark): BenchmarkBody {
  const { manifest } = benchmark;
  return {
    name: benchmark.name,
    display_name: benchmark.displayName,
    description: benchmark.description,
    badge: benchmark.badge,
    differences: [...benchmark.differences],
    metric: benchmark.metric,
    scorer_version: benchmark.scorerVersion,
    items: manifest.count,
    dataset: manifest,
    verified: manifest.files.every(({ sha256 }) => sha256 !== null),
    ships: manifest.source === 'conclave',
    sampling: { ...benchmark.sampling },
    shuffles_choices: benchmark.shufflesChoices,
  };
}
