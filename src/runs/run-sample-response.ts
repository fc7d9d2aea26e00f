import { z } from 'zod';
import { sampleSchema } from '../../domain/exports/run-document.js';
import { callWithTextSchema } from '../traces/call-response.js';

export const listedSampleSchema = sampleSchema.extend({ id: z.string(), benchmark: z.string() }).meta({ id: 'RunSample' });
export type ListedSampleBody = z.infer<typeof listedSampleSchema>;

export const samplePageSchema = z.object({ data: z.array(listedSampleSchema), next_cursor: z.string().nullable() }).meta({ id: 'RunSamplePage' });
export type SamplePageBody = z.infer<typeof samplePageSchema>;

/** One sample with everything stored about it. */
export const sampleDetailSchema = listedSampleSchema
  .extend({ question: z.string(), choices: z.array(z.string()), target: z.string(), call_records: z.array(callWithTextSchema).describe('Its calls with what they said, oldest first') })
  .meta({ id: 'RunSampleDetail' });
export type SampleDetailBody = z.infer<typeof sampleDetailSchema>;
