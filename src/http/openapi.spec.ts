import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiTags } from '@nestjs/swagger';
import { serveOpenApi } from './openapi.js';

@ApiTags('service')
@Controller()
class ThingsController {
  @Get('things')
  list(): string[] {
    return [];
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

describe('the pages of the api', () => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    // Nest declares its options as a class and takes plain objects.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    app = await NestFactory.create<NestFastifyApplication>(ThingsModule, new FastifyAdapter(), { logger: false });
    serveOpenApi(app, '1.2.3');
    await app.init();
  });
  afterAll(() => app.close());

  it('leads from / to the pages', async () => {
    const answer = await app.inject('/');
    expect([answer.statusCode, answer.headers.location]).toEqual([302, '/docs']);
    expect((await app.inject('/docs')).statusCode).toBe(200);
  });

  it('documents what controllers offer, completions first', async () => {
    const document = (await app.inject('/docs/openapi.json')).json<{ openapi: string; info: { version: string }; paths: object; tags: { name: string }[] }>();
    expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
    expect(Object.keys(document.paths)).toEqual(['/things']);
    expect(document.tags[0]?.name).toBe('completions');
  });
});
