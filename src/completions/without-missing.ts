type Present<Fields> = { [Name in keyof Fields]?: NonNullable<Fields[Name]> };

/** The fields that have a value: neither `undefined` nor the `null` with which clients say the same. */
export function withoutMissing<Fields extends object>(fields: Fields): Present<Fields> {
  // Object.entries loses the names' types.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null)) as Present<Fields>;
}
