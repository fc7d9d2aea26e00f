const pricedBodies = new WeakSet();

/** Marks the schema of a body that may hold prices; in all others a price is a 400 that names it. */
export function mayHoldPrices<Schema extends object>(schema: Schema): Schema {
  pricedBodies.add(schema);
  return schema;
}

/** Whether the schema was marked so. */
export function holdsPrices(schema: object): boolean {
  return pricedBodies.has(schema);
}
