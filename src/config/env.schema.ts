import { z } from 'zod';
import { policyNames } from '../../workflows/policies/policy-name.js';

const port = z.coerce.number().int().min(0).max(65_535);
const seconds = z.coerce.number().positive();
const url = z.url();
const text = z.string().min(1);
const flag = z.enum(['true', 'false', '1', '0', 'yes', 'no', '']).transform((value) => ['true', '1', 'yes'].includes(value));

/** Every environment variable the product reads; an empty one counts as unset. `.env.example` lists the same names (a spec compares them). */
export const environmentSchema = z.object({
  PORT: port.optional().describe('Port of the API; default TRIO_PORT, then 8000'),
  HOST: text.default('127.0.0.1').describe('Address the API binds; anything but loopback needs an API key'),
  CONCLAVE_HOME: text.default('.conclave').describe('Folder of the embedded data, keys and caches'),
  DATABASE_URL: text.optional().describe('PostgreSQL to use instead of the embedded one'),
  TEMPORAL_ADDRESS: text.optional().describe('Temporal server (host:port) to use instead of the embedded one'),
  TEMPORAL_NAMESPACE: text.default('default'),
  TEMPORAL_API_KEY: text.optional(),
  TEMPORAL_TLS: flag.optional(),
  TEMPORAL_TLS_CLIENT_CERT_PATH: text.optional(),
  TEMPORAL_TLS_CLIENT_KEY_PATH: text.optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: text.optional(),
  TEMPORAL_CLI_PATH: text.optional().describe('A temporal binary for the embedded server'),
  TEMPORAL_UI_URL: url.optional().describe('Address of the Temporal Web UI that pages and traces link to'),
  OPENAI_API_KEY: text.optional(),
  ANTHROPIC_API_KEY: text.optional(),
  GOOGLE_API_KEY: text.optional(),
  CHUTES_API_KEY: text.optional(),
  GROQ_API_KEY: text.optional(),
  TOGETHER_API_KEY: text.optional(),
  CEREBRAS_API_KEY: text.optional(),
  DEEPINFRA_API_KEY: text.optional(),
  FIREWORKS_API_KEY: text.optional(),
  OPENROUTER_API_KEY: text.optional(),
  LITELLM_API_KEY: text.optional().describe('Bearer for TRIO_BACKEND_URL'),
  OPENAI_BASE_URL: url.optional(),
  ANTHROPIC_BASE_URL: url.optional(),
  GOOGLE_GEMINI_BASE_URL: url.optional(),
  CHUTES_BASE_URL: url.optional(),
  GROQ_BASE_URL: url.optional(),
  TOGETHER_BASE_URL: url.optional(),
  CEREBRAS_BASE_URL: url.optional(),
  DEEPINFRA_BASE_URL: url.optional(),
  FIREWORKS_BASE_URL: url.optional(),
  OPENROUTER_BASE_URL: url.optional(),
  OLLAMA_BASE_URL: url.optional(),
  TRIO_MODELS: text.default('default,llama3.2-3b,mistral'),
  TRIO_BACKEND_URL: url.default('http://litellm:4000'),
  TRIO_TIMEOUT: seconds.default(60).describe('Seconds for each call of `trio`'),
  TRIO_PORT: port.optional(),
  CONCLAVE_BOOTSTRAP_KEY: text.optional().describe('First API key, created at start where none exists'),
  CONCLAVE_CONFIG: text.optional().describe('Path of conclave.yaml; default conclave.yaml in the working folder, then in CONCLAVE_HOME'),
  CONCLAVE_SIMULATED: z.enum(['auto', 'on', 'off']).default('auto').describe('`auto`: simulated answers when no provider has a key'),
  CONCLAVE_SIMULATED_URL: url.optional().describe('Address of the simulated provider'),
  CONCLAVE_POLICY: z.enum(policyNames).default('interactive').describe('Named set of time-outs and retries'),
  CALL_LOG_FILE: text.optional().describe('Append each call as a JSON line to this file'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
export type Environment = z.infer<typeof environmentSchema>;
