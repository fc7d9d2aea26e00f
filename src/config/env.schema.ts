import { z } from 'zod';
import { policyNames } from '../../workflows/policies/policy-name.js';
import { signingKeyFault } from '../exports/signing-key.js';

const port = z.coerce.number().int().min(0).max(65_535);
const seconds = z.coerce.number().positive();
const url = z.url();
const text = z.string().min(1);
const proxy = z.url({ protocol: /^https?$/, error: 'a proxy is http://host:port or https://host:port' });
const signingKey = text.superRefine((value, context) => {
  const fault = signingKeyFault(value);
  if (fault !== null) context.addIssue({ code: 'custom', message: fault });
});
const flag = z.enum(['true', 'false', '1', '0', 'yes', 'no', '']).transform((value) => ['true', '1', 'yes'].includes(value));

/** Every environment variable the product reads; an empty one counts as unset. `.env.example` lists the same names (a spec compares them). */
export const environmentSchema = z.object({
  PORT: port.optional().describe('Port of the API; default TRIO_PORT, then 8000'),
  HOST: text.default('127.0.0.1').describe('Address the API binds; anything but loopback needs an API key'),
  CONCLAVE_HOME: text.default('.conclave').describe('Folder of the embedded data, keys and caches'),
  DATABASE_URL: text.optional().describe('PostgreSQL to use instead of the embedded one'),
  TEMPORAL_ADDRESS: text.optional().describe('Temporal server (host:port) to use instead of the embedded one'),
  TEMPORAL_NAMESPACE: text.default('default').describe('Namespace on the server of TEMPORAL_ADDRESS; the embedded server has one for each home'),
  TEMPORAL_API_KEY: text.optional().describe('Key of Temporal Cloud'),
  TEMPORAL_TLS: flag.optional().describe('Whether to use TLS towards Temporal; implied by a key or certificates'),
  TEMPORAL_TLS_CLIENT_CERT_PATH: text.optional().describe('Client certificate for mTLS towards Temporal'),
  TEMPORAL_TLS_CLIENT_KEY_PATH: text.optional().describe('Private key of that certificate'),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: text.optional().describe('Certificate authority of the Temporal server'),
  TEMPORAL_CLI_PATH: text.optional().describe('A temporal binary for the embedded server'),
  TEMPORAL_UI_URL: url.optional().describe('Address of the Temporal Web UI that pages and traces link to'),
  OPENAI_API_KEY: text.optional().describe('Key of provider `openai`'),
  ANTHROPIC_API_KEY: text.optional().describe('Key of provider `anthropic`'),
  GOOGLE_API_KEY: text.optional().describe('Key of provider `gemini`'),
  CHUTES_API_KEY: text.optional().describe('Key of provider `chutes`'),
  GROQ_API_KEY: text.optional().describe('Key of provider `groq`'),
  TOGETHER_API_KEY: text.optional().describe('Key of provider `together`'),
  CEREBRAS_API_KEY: text.optional().describe('Key of provider `cerebras`'),
  DEEPINFRA_API_KEY: text.optional().describe('Key of provider `deepinfra`'),
  FIREWORKS_API_KEY: text.optional().describe('Key of provider `fireworks`'),
  OPENROUTER_API_KEY: text.optional().describe('Key of provider `openrouter`'),
  AWS_BEARER_TOKEN_BEDROCK: text.optional().describe('Key of provider `bedrock`; without it AWS\' own rules find credentials'),
  AWS_REGION: text.optional().describe('Region of provider `bedrock`'),
  AWS_DEFAULT_REGION: text.optional().describe('The same where AWS_REGION is missing'),
  AWS_PROFILE: text.optional().describe('Profile of AWS\' own files that `bedrock` takes its credentials from'),
  AWS_ACCESS_KEY_ID: text.optional().describe('Access key of `bedrock` where no profile is named'),
  AWS_SECRET_ACCESS_KEY: text.optional().describe('Secret of that access key'),
  AWS_SESSION_TOKEN: text.optional().describe('Token of that access key where it is a temporary one'),
  GOOGLE_VERTEX_API_KEY: text.optional().describe('Key of provider `vertex`; it reaches Gemini only'),
  GOOGLE_VERTEX_PROJECT: text.optional().describe('Project of provider `vertex`; Google\'s own rules find its credentials'),
  GOOGLE_VERTEX_LOCATION: text.optional().describe('Location of provider `vertex`; default global'),
  GOOGLE_APPLICATION_CREDENTIALS: text.optional().describe('Path of the key file that Google\'s own rules begin with'),
  LITELLM_API_KEY: text.optional().describe('Bearer for TRIO_BACKEND_URL'),
  OPENAI_BASE_URL: url.optional().describe('Address of provider `openai` instead of its own'),
  ANTHROPIC_BASE_URL: url.optional().describe('Address of provider `anthropic` instead of its own'),
  GOOGLE_GEMINI_BASE_URL: url.optional().describe('Address of provider `gemini` instead of its own'),
  CHUTES_BASE_URL: url.optional().describe('Address of provider `chutes` instead of its own'),
  GROQ_BASE_URL: url.optional().describe('Address of provider `groq` instead of its own'),
  TOGETHER_BASE_URL: url.optional().describe('Address of provider `together` instead of its own'),
  CEREBRAS_BASE_URL: url.optional().describe('Address of provider `cerebras` instead of its own'),
  DEEPINFRA_BASE_URL: url.optional().describe('Address of provider `deepinfra` instead of its own'),
  FIREWORKS_BASE_URL: url.optional().describe('Address of provider `fireworks` instead of its own'),
  OPENROUTER_BASE_URL: url.optional().describe('Address of provider `openrouter` instead of its own'),
  BEDROCK_BASE_URL: url.optional().describe('Address of provider `bedrock` instead of its region\'s'),
  VERTEX_BASE_URL: url.optional().describe('Address of provider `vertex` instead of its location\'s'),
  OLLAMA_BASE_URL: url.optional().describe('Address of an Ollama server; setting it makes its default model a member of the default panel'),
  ENABLE_GREMIUM_PROVIDER: z.enum(['true', 'false', '1', '0', 'yes', 'no']).optional().describe('Whether `gremium-openai` and `gremium-anthropic` can be benchmarked'),
  GREMIUM_API_BASE_URL: url.optional().describe('Address of the Gremium (or other Conclave) without a path'),
  GREMIUM_PROVIDER_DEFAULT: z.enum(['gremium-openai', 'gremium-anthropic']).default('gremium-openai').describe('Provider of a run against a Gremium model that names none'),
  GREMIUM_API_KEY: text.optional().describe('Its key; default CHUTES_API_KEY'),
  GREMIUM_TIMEOUT_SECONDS: seconds.default(600).describe('Seconds for each call of a run to a Gremium'),
  BENCH_SIGNING_PRIVATE_KEY: signingKey.optional().describe('Ed25519 key that signs exports: PEM, or base64 of its 32 bytes; default one made at first use in CONCLAVE_HOME'),
  HTTPS_PROXY: proxy.optional().describe('Proxy towards https addresses of providers; this machine is always reached directly'),
  HTTP_PROXY: proxy.optional().describe('Proxy towards http addresses of providers'),
  NO_PROXY: text.optional().describe('Hosts reached without a proxy, separated by commas'),
  TRIO_MODELS: text.default('default,llama3.2-3b,mistral').describe('Members of `trio`, separated by commas; a name without a provider goes to TRIO_BACKEND_URL'),
  TRIO_BACKEND_URL: url.default('http://litellm:4000').describe('OpenAI-compatible server behind names without a provider, such as LiteLLM'),
  TRIO_TIMEOUT: seconds.default(60).describe('Seconds for each call of `trio`'),
  TRIO_PORT: port.optional().describe('Port of the API where PORT is missing'),
  CONCLAVE_BOOTSTRAP_KEY: text.optional().describe('First API key, created at start where none exists'),
  CONCLAVE_URL: url.optional().describe('Address of the API that commands such as `conclave chat` and `conclave batch` talk to; default the one that runs here'),
  CONCLAVE_API_KEY: text.optional().describe('API key they send'),
  CONCLAVE_CONFIG: text.optional().describe('Path of conclave.yaml; default conclave.yaml in the working folder, then in CONCLAVE_HOME'),
  CONCLAVE_SIMULATED: z.enum(['auto', 'on', 'off']).default('auto').describe('`auto`: simulated answers when no provider has a key'),
  CONCLAVE_SIMULATED_URL: url.optional().describe('Address of the simulated provider'),
  CONCLAVE_POLICY: z.enum(policyNames).default('interactive').describe('Named set of time-outs and retries'),
  CALL_LOG_FILE: text.optional().describe('Append each call as a JSON line to this file'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info').describe('Least severity that is logged'),
});
export type Environment = z.infer<typeof environmentSchema>;
