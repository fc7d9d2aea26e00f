import { ApiParam } from '@nestjs/swagger';

/** Declares the `id` of a route for the OpenAPI document. */
export const ApiId = () => ApiParam({ name: 'id', schema: { type: 'string', minLength: 1 } });
