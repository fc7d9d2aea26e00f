import { ApiError } from '../http/api-error.js';
import { describeIssues } from '../http/describe-issues.js';
import type { AskedCompletion } from './asked-completion.js';
import { chatCompletionBody } from './chat-completion.dto.js';
import { openaiToChatRequest } from './openai-to-chat-request.js';

/** What the body of a chat completion asks for, wherever it came from; throws the 400 that the endpoint itself would give. */
export function parseOpenAiBody(body: unknown): AskedCompletion {
  const parsed = chatCompletionBody.safeParse(body);
  if (!parsed.success) throw new ApiError(describeIssues(parsed.error.issues, body));
  return openaiToChatRequest(parsed.data);
}
