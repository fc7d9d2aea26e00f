import { ApiKeyEntity } from '../keys/api-key.entity.js';
import { RequestLimitEntity } from '../keys/request-limit.entity.js';
import { CompletionEntity } from '../completions/completion.entity.js';
import { StreamChunkEntity } from '../completions/stream-chunk.entity.js';
import { ToolCallOwnerEntity } from '../completions/tool-call-owner.entity.js';
import { PanelEntity } from '../panels/panel.entity.js';
import { PayloadEntity } from '../temporal/payload.entity.js';
import { CallEntity } from '../traces/call.entity.js';

/** Every table of the product. */
export const entities = [ApiKeyEntity, RequestLimitEntity, CompletionEntity, StreamChunkEntity, ToolCallOwnerEntity, PanelEntity, PayloadEntity, CallEntity];
