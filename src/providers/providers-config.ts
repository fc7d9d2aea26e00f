/** Variables of keys and base URLs that built-in providers read; a subset of the product's environment. */
export type ProviderVariable =
  | 'OPENAI_API_KEY' | 'ANTHROPIC_API_KEY' | 'GOOGLE_API_KEY' | 'CHUTES_API_KEY' | 'GROQ_API_KEY' | 'TOGETHER_API_KEY'
  | 'CEREBRAS_API_KEY' | 'DEEPINFRA_API_KEY' | 'FIREWORKS_API_KEY' | 'OPENROUTER_API_KEY' | 'LITELLM_API_KEY'
  | 'OPENAI_BASE_URL' | 'ANTHROPIC_BASE_URL' | 'GOOGLE_GEMINI_BASE_URL' | 'CHUTES_BASE_URL' | 'GROQ_BASE_URL' | 'TOGETHER_BASE_URL'
  | 'CEREBRAS_BASE_URL' | 'DEEPINFRA_BASE_URL' | 'FIREWORKS_BASE_URL' | 'OPENROUTER_BASE_URL' | 'OLLAMA_BASE_URL' | 'TRIO_BACKEND_URL'
  | 'AWS_BEARER_TOKEN_BEDROCK' | 'AWS_REGION' | 'AWS_DEFAULT_REGION' | 'AWS_PROFILE' | 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY' | 'AWS_SESSION_TOKEN' | 'BEDROCK_BASE_URL'
  | 'GOOGLE_VERTEX_API_KEY' | 'GOOGLE_VERTEX_PROJECT' | 'GOOGLE_VERTEX_LOCATION' | 'GOOGLE_APPLICATION_CREDENTIALS' | 'VERTEX_BASE_URL'
  | 'ENABLE_GREMIUM_PROVIDER' | 'GREMIUM_API_BASE_URL' | 'GREMIUM_API_KEY';

/** What the providers take from the configuration; the product's `Config` fits. */
export interface ProvidersConfig {
  environment: { readonly [variable in ProviderVariable]?: string | undefined };
  /** All providers stand on the simulated one. */
  simulated: boolean;
  /** Without trailing slash; null: there is no simulated provider. */
  simulatedUrl: string | null;
  customProviders: readonly CustomProviderConfig[];
}

/** A provider of `conclave.yaml`; it speaks OpenAI's chat completions. `apiKey` null: it needs none. */
export interface CustomProviderConfig {
  name: string;
  baseUrl: string;
  apiKey: string | null;
  headers: Readonly<Record<string, string>>;
}
