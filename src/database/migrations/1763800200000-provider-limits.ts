import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What workers share about providers: how they answer, places for calls, counters. Unlogged: all of it may be lost with a crash, and no call waits for a flush. */
export class ProviderLimits1763800200000 implements MigrationInterface {
  name = 'ProviderLimits1763800200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE UNLOGGED TABLE "provider_states" ("provider" text NOT NULL, "health" jsonb NOT NULL, "version" integer NOT NULL, CONSTRAINT "provider_states_pkey" PRIMARY KEY ("provider")) WITH (fillfactor = 50)`);
    await runner.query(`CREATE UNLOGGED TABLE "provider_slots" ("scope" text NOT NULL, "slot" integer NOT NULL, "lease" text, "expires_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "provider_slots_pkey" PRIMARY KEY ("scope", "slot")) WITH (fillfactor = 50)`);
    await runner.query(`CREATE UNLOGGED TABLE "provider_rates" ("key" text NOT NULL, "points" integer NOT NULL DEFAULT '0', "expire" bigint, CONSTRAINT "provider_rates_pkey" PRIMARY KEY ("key")) WITH (fillfactor = 50)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE "provider_rates"`);
    await runner.query(`DROP TABLE "provider_slots"`);
    await runner.query(`DROP TABLE "provider_states"`);
  }
}
