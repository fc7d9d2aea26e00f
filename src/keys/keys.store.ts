import type { DataSource } from 'typeorm';
import { ApiKeyEntity } from './api-key.entity.js';
import { apiKeyPrefix, hashApiKey, newApiKey, newApiKeyId } from './api-key.js';

/** The only place that speaks SQL about API keys; made from a plain data source, so that the CLI uses it too. */
export class KeysStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Stores a new key and returns it: the one time it is readable. `key` is given for the bootstrap key only; storing the same key twice keeps the first. */
  async create(request: { name: string; requestsPerMinute: number | null; key?: string }): Promise<{ key: string; row: ApiKeyEntity }> {
    const key = request.key ?? newApiKey();
    const row = { id: newApiKeyId(), name: request.name, prefix: apiKeyPrefix(key), hash: hashApiKey(key), requestsPerMinute: request.requestsPerMinute };
    await this.keys.createQueryBuilder().insert().values(row).orIgnore().execute();
    return { key, row: await this.keys.findOneByOrFail({ hash: row.hash }) };
  }

  /** Every key, revoked ones included, oldest first. */
  list(): Promise<ApiKeyEntity[]> {
    return this.keys.find({ order: { createdAt: 'ASC', id: 'ASC' } });
  }

  /** Revokes a key by its id or its name, for ever; returns the keys that were still valid. Processes notice within seconds. */
  async revoke(idOrName: string): Promise<ApiKeyEntity[]> {
    const valid = await this.keys
      .createQueryBuilder('key')
      .where('key.revoked_at IS NULL AND (key.id = :idOrName OR key.name = :idOrName)', { idOrName })
      .getMany();
    if (valid.length > 0) await this.keys.update(valid.map((key) => key.id), { revokedAt: () => 'now()' });
    return valid;
  }

  /** The valid key with this hash (index `api_keys_hash`), or null. */
  findValid(hash: string): Promise<ApiKeyEntity | null> {
    return this.keys.createQueryBuilder('key').where('key.hash = :hash AND key.revoked_at IS NULL', { hash }).getOne();
  }

  /** Whether any key was ever created. Revoked ones count: revoking the last key must not open the service. */
  exist(): Promise<boolean> {
    return this.keys.createQueryBuilder('key').getExists();
  }

  private get keys() {
    return this.dataSource.getRepository(ApiKeyEntity);
  }
}
