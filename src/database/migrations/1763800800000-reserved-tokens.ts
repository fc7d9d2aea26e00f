import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a line of a job may take in tokens, so that attempts of which nobody knows what they took count against a token cap. */
export class ReservedTokens1763800800000 implements MigrationInterface {
  name = 'ReservedTokens1763800800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "batch_calls" ADD "reserved_tokens" bigint`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "batch_calls" DROP COLUMN "reserved_tokens"`);
  }
}
