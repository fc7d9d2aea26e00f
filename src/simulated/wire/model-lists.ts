const names: Record<string, string[]> = {
  openai: ['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'gpt-4.1-mini', 'gpt-5', 'gpt-5-mini', 'o3', 'o4-mini'],
  anthropic: ['claude-opus-4-5', 'claude-sonnet-4-5', 'claude-haiku-4-5', 'claude-3-5-haiku-latest'],
  gemini: ['gemini-2.5-pro', 'gemini-2.5-flash', 'gemini-2.0-flash'],
  groq: ['llama-3.3-70b-versatile', 'llama-3.1-8b-instant'],
  trio: ['default', 'llama3.2-3b', 'mistral'],
};
const created = 1_735_689_600;

/** The models a simulated provider lists; it answers to any other name as well. */
export function modelList(provider: string, shape: 'openai' | 'anthropic' | 'gemini'): unknown {
  const ids = names[provider] ?? ['sim-large', 'sim-medium', 'sim-small'];
  if (shape === 'gemini') {
    return { models: ids.map((id) => ({ name: `models/${id}`, displayName: id, version: '001', inputTokenLimit: 1_048_576, outputTokenLimit: 65_536, supportedGenerationMethods: ['generateContent', 'countTokens'] })) };
  }
  if (shape === 'anthropic') {
    const data = ids.map((id) => ({ type: 'model', id, display_name: id, created_at: new Date(created * 1000).toISOString() }));
    return { data, has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
  }
  return { object: 'list', data: ids.map((id) => ({ id, object: 'model', created, owned_by: provider })) };
}

/** One model, as its list entry looks. */
export function modelEntry(provider: string, id: string, shape: 'openai' | 'anthropic' | 'gemini'): unknown {
  if (shape === 'gemini') return { name: `models/${id}`, displayName: id, version: '001', supportedGenerationMethods: ['generateContent', 'countTokens'] };
  if (shape === 'anthropic') return { type: 'model', id, display_name: id, created_at: new Date(created * 1000).toISOString() };
  return { id, object: 'model', created, owned_by: provider };
}
