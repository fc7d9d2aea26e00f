/** Something of a request that a provider can't be sent at all, named as the client knows it. Becomes an `unsupported_parameter` failure. */
export class UnsupportedContent extends Error {
  override readonly name = 'UnsupportedContent';
}
