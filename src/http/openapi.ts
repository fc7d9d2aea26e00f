import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { z } from 'zod';
import { problemSchema } from './api-errors.decorator.js';

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/** The OpenAPI 3.1 document of the whole api; schemas come from the zod schemas that validate. */
export function openApiDocument(app: NestFastifyApplication, version: string): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Conclave')
    .setDescription('Several language models answer as one. Compatible with the clients of OpenAI and Anthropic.')
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'bearer')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key' }, 'apiKey')
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('apiKey')
    // A service without keys is open on its own machine.
    .addSecurityRequirements({});
  for (const [name, description] of Object.entries(tags)) builder.addTag(name, description);
  const document = SwaggerModule.createDocument(app, builder.build(), { standardSchemaConverter: toJsonSchema });
  const { $schema: _, ...problem } = z.toJSONSchema(problemSchema, { target: 'draft-2020-12' });
  for (const path of ['/api/batches', '/api/batches/estimate']) describeForm(document, path);
  // Nest takes a schema only with `application/json`, so routes refer to this one by name; its type names 3.0's keywords.
  return { ...document, components: { ...document.components, schemas: { ...document.components?.schemas, Problem: problem as Schema } } };
}

// Nest gives every content type of a body the same schema; the form of these has a file and the rest of the body as JSON.
function describeForm(document: OpenAPIObject, path: string): void {
  const body = document.paths[path]?.post?.requestBody;
  if (!body || !('content' in body)) return;
  body.content['multipart/form-data'] = {
    schema: { type: 'object', required: ['file'], properties: { file: { type: 'string', format: 'binary', description: 'JSON lines, up to 200 MB' }, options: { type: 'string', description: 'Everything of the JSON body but `items`, as JSON', example: '{"model": "openai/gpt-4o-mini"}' } } },
  };
}

/** Groups of endpoints, in the order in which the pages show them. */
const tags = {
  completions: 'Ask a model or a panel, as a client of OpenAI or Anthropic does',
  batches: 'Many requests at once, through the batch interfaces of providers at half the price; in our form and in that of OpenAI',
  runs: 'Benchmarks of models and panels, their results and signed exports',
  models: 'What can be named as `model`, and what it costs',
  panels: 'Panels, their calls and price before the first call',
  records: 'Completions with their traces, calls and figures',
  service: 'Health and description of this service',
};

/** Serves the document at `/docs/openapi.json` and its pages at `/docs`, where a person who opens `/` is led. */
export function serveOpenApi(app: NestFastifyApplication, version: string): void {
  // Straight at the server: no controller, so it is neither guarded nor documented.
  app.getHttpAdapter().getInstance().get('/', (_, reply) => reply.redirect('/docs', 302));
  SwaggerModule.setup('docs', app, () => openApiDocument(app, version), { jsonDocumentUrl: 'docs/openapi.json', yamlDocumentUrl: 'docs/openapi.yaml', customSiteTitle: 'Conclave' });
}

// Nest's own conversion targets OpenAPI 3.0, whose `nullable` means nothing in 3.1.
function toJsonSchema(schema: unknown, { schemaType }: { schemaType: 'input' | 'output' }): { schema: unknown; components?: Record<string, unknown> } | undefined {
  if (!(schema instanceof z.core.$ZodType)) return undefined;
  const { $defs, $schema: _, ...root } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: schemaType, unrepresentable: 'any' });
  return { schema: root, ...($defs ? { components: $defs } : {}) };
}
