import { StandardSchemaValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { priceKeyIn, pricesAreRefused } from '../../domain/pricing/price-key.js';
import { holdsPrices } from './priced-bodies.js';
import { ValidationFailure } from './validation-failure.js';

/** Nest's pipe for `@Body({ schema })` and its kin; a price in a body is refused, also where unknown fields are not. What fails is worded by the error filter. */
export class SchemaValidationPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: (issues) => new ValidationFailure(issues) });
  }

  override async transform<Value>(value: Value, metadata: ArgumentMetadata): Promise<Value> {
    const priced = metadata.type === 'body' && metadata.schema && !holdsPrices(metadata.schema) ? priceKeyIn(value) : null;
    if (priced !== null) throw new ValidationFailure([{ message: pricesAreRefused, path: priced }]);
    return super.transform(value, metadata);
  }

  // Nest deletes `constructor` and `prototype` from everything, which are legal names in a client's JSON schema. What they
  // could harm is refused before: Fastify's parser answers `__proto__` and `constructor.prototype` with 400.
  protected override stripProtoKeys(): void {
    return;
  }
}
