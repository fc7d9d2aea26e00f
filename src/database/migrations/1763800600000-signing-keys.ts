import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Public halves of the keys that sign exports. */
export class SigningKeys1763800600000 implements MigrationInterface {
  name = 'SigningKeys1763800600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "signing_keys" ("id" text NOT NULL, "public_key" text NOT NULL, "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "retired_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("id"))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE "signing_keys"`);
  }
}
