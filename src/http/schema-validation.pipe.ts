import { StandardSchemaValidationPipe } from '@nestjs/common';
import { ValidationFailure } from './validation-failure.js';

/** Nest's pipe for `@Body({ schema })` and its kin. What fails is worded by the error filter. */
export class SchemaValidationPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: (issues) => new ValidationFailure(issues) });
  }

  // Nest deletes `constructor` and `prototype` from everything, which are legal names in a client's JSON schema. What they
  // could harm is refused before: Fastify's parser answers `__proto__` and `constructor.prototype` with 400.
  protected override stripProtoKeys(): void {
    return;
  }
}
