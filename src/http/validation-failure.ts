/** One fault of a request, as the schema reports it. */
export interface SchemaIssue {
  message: string;
  path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A request that doesn't fit its schema. The filter words it: only there is the request at hand. */
export class ValidationFailure extends Error {
  override readonly name = 'ValidationFailure';

  constructor(readonly issues: readonly SchemaIssue[]) {
    super('The request does not fit its schema.');
  }
}
