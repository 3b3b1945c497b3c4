// Writes src/schema.ts from docs/openapi.yaml and src/frames.ts from docs/asyncapi.yaml: all types of the contract.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import { parse } from 'yaml';

const docs = new URL('../../../docs/', import.meta.url);
const src = new URL('../src/', import.meta.url);

const openapi = await readFile(new URL('openapi.yaml', docs), 'utf8');
await write('schema.ts', openapi, { exportType: true, emptyObjectsUnknown: true });

// The messages of AsyncAPI are JSON schemas, so an OpenAPI document without paths can hold them.
const { messages, schemas } = parse(await readFile(new URL('asyncapi.yaml', docs), 'utf8')).components;
const frames = Object.fromEntries(Object.entries(messages).map(([name, message]) => [name, message.payload]));
const names = Object.keys(schemas.eventData.properties);
const described = { ...frames, ...schemas, eventData: { ...schemas.eventData, required: names } };
const document = {
  openapi: '3.1.0',
  info: { title: 'Frames', version: '1' },
  paths: {},
  components: { schemas: described },
};
await write('frames.ts', JSON.stringify(document), { exportType: true, emptyObjectsUnknown: true });

async function write(name, text, options) {
  await writeFile(new URL(name, src), astToString(await openapiTS(text, options)));
}
