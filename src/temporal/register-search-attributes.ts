import type { ConnectionLike } from '@temporalio/client';
import protocol from '@temporalio/proto';
import { searchAttributeNames } from './search-attributes.js';

/** What registering needs of a connection: a client's or a worker's. */
export type OperatorConnection = Pick<ConnectionLike, 'operatorService'>;

/** Registers the search attributes that `namespace` still lacks, and returns their names. Throws where that is not permitted, as on Temporal Cloud: create them there by hand, as keywords. */
export async function registerSearchAttributes(connection: OperatorConnection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = searchAttributeNames.filter((name) => !(name in customAttributes));
  if (missing.length === 0) return [];
  const keyword = protocol.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])) });
  return missing;
}
