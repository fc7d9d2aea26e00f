import { Foundation1763700000000 } from './migrations/1763700000000-foundation.js';
import { RequestLimits1763700100000 } from './migrations/1763700100000-request-limits.js';
import { CompletionsByCaller1763700200000 } from './migrations/1763700200000-completions-by-caller.js';
import { Batches1763800000000 } from './migrations/1763800000000-batches.js';
import { Registry1763800100000 } from './migrations/1763800100000-registry.js';
import { ProviderLimits1763800200000 } from './migrations/1763800200000-provider-limits.js';
import { Runs1763800300000 } from './migrations/1763800300000-runs.js';
import { JobTroubles1763800350000 } from './migrations/1763800350000-job-troubles.js';
import { BatchInputs1763800400000 } from './migrations/1763800400000-batch-inputs.js';
import { RunAnswers1763800500000 } from './migrations/1763800500000-run-answers.js';
import { SigningKeys1763800600000 } from './migrations/1763800600000-signing-keys.js';
import { ChunkStarts1763800700000 } from './migrations/1763800700000-chunk-starts.js';
import { ReservedTokens1763800800000 } from './migrations/1763800800000-reserved-tokens.js';
import { RunProcedures1763800850000 } from './migrations/1763800850000-run-procedures.js';
import { JobPrices1763800950000 } from './migrations/1763800950000-job-prices.js';
import { RunSteering1763801000000 } from './migrations/1763801000000-run-steering.js';

/** Every migration, oldest first. */
export const migrations = [Foundation1763700000000, RequestLimits1763700100000, CompletionsByCaller1763700200000, Batches1763800000000, Registry1763800100000, ProviderLimits1763800200000, Runs1763800300000, JobTroubles1763800350000, BatchInputs1763800400000, RunAnswers1763800500000, SigningKeys1763800600000, ChunkStarts1763800700000, ReservedTokens1763800800000, RunProcedures1763800850000, JobPrices1763800950000, RunSteering1763801000000];
