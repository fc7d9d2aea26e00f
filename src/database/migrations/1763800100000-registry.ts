import type { MigrationInterface, QueryRunner } from 'typeorm';

/** History of prices, overrides of models, and which content of models.yaml was taken over. */
export class Registry1763800100000 implements MigrationInterface {
  name = 'Registry1763800100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "model_prices" ("id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL, "provider" text NOT NULL, "model" text NOT NULL, "origin" text NOT NULL, "input_nano_usd_per_million" bigint NOT NULL, "output_nano_usd_per_million" bigint NOT NULL, "cached_input_nano_usd_per_million" bigint, "reasoning_nano_usd_per_million" bigint, "realtime_multiplier" numeric NOT NULL, "source" text NOT NULL, "source_date" date NOT NULL, "verified" boolean NOT NULL, "valid_from" TIMESTAMP WITH TIME ZONE NOT NULL, "valid_until" TIMESTAMP WITH TIME ZONE, "changed_by" text, "changed_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "model_prices_positive" CHECK ("input_nano_usd_per_million" >= 0 AND "output_nano_usd_per_million" >= 0 AND "cached_input_nano_usd_per_million" >= 0 AND "reasoning_nano_usd_per_million" >= 0 AND "realtime_multiplier" > 0), CONSTRAINT "model_prices_validity" CHECK ("valid_until" IS NULL OR "valid_until" >= "valid_from"), CONSTRAINT "model_prices_origin" CHECK ("origin" IN ('seed', 'override')), CONSTRAINT "model_prices_pkey" PRIMARY KEY ("id"))`);
    await runner.query(`CREATE UNIQUE INDEX "model_prices_one_open_seed" ON "model_prices" ("provider", "model") WHERE "origin" = 'seed' AND "valid_until" IS NULL`);
    await runner.query(`CREATE INDEX "model_prices_open" ON "model_prices" ("valid_until")`);
    await runner.query(`CREATE INDEX "model_prices_model" ON "model_prices" ("provider", "model", "id")`);
    await runner.query(`CREATE TABLE "model_overrides" ("id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL, "provider" text NOT NULL, "model" text NOT NULL, "field" text NOT NULL, "value" jsonb NOT NULL, "valid_from" TIMESTAMP WITH TIME ZONE NOT NULL, "valid_until" TIMESTAMP WITH TIME ZONE, "changed_by" text NOT NULL, "changed_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "model_overrides_validity" CHECK ("valid_until" IS NULL OR "valid_until" >= "valid_from"), CONSTRAINT "model_overrides_pkey" PRIMARY KEY ("id"))`);
    await runner.query(`CREATE INDEX "model_overrides_open" ON "model_overrides" ("valid_until")`);
    await runner.query(`CREATE INDEX "model_overrides_model" ON "model_overrides" ("provider", "model", "id")`);
    await runner.query(`CREATE TABLE "registry_seeds" ("id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL, "content_hash" text NOT NULL, "seeded_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "registry_seeds_pkey" PRIMARY KEY ("id"))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE "registry_seeds"`);
    await runner.query(`DROP INDEX "public"."model_overrides_model"`);
    await runner.query(`DROP INDEX "public"."model_overrides_open"`);
    await runner.query(`DROP TABLE "model_overrides"`);
    await runner.query(`DROP INDEX "public"."model_prices_model"`);
    await runner.query(`DROP INDEX "public"."model_prices_open"`);
    await runner.query(`DROP INDEX "public"."model_prices_one_open_seed"`);
    await runner.query(`DROP TABLE "model_prices"`);
  }
}
