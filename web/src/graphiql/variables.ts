// First variables for a document: everything that it requires, with values to begin from.

import {
  getNamedType, isEnumType, isInputObjectType, isListType, isNonNullType, isRequiredInputField,
  Kind, parse, typeFromAST, valueFromASTUntyped,
  type GraphQLInputType, type GraphQLSchema, type TypeNode, type VariableDefinitionNode,
} from 'graphql';
import { deviceId, uuid } from '../shared/id';

type Values = Record<string, () => unknown>;

const now = (length: number) => () => new Date().toISOString().slice(0, length);
const year = () => new Date().getFullYear();

/** By the name of a variable or of an input field; ids of one's own are left empty. */
const VALUES: Values = {
  clientMutationId: uuid,
  clientId: deviceId,
  slug: () => 'hoc-suot-doi-la-gi',
  text: () => 'hoc suot doi',
  from: () => `${year()}-01-01`,
  to: now(10),
  day: now(10),
  month: now(7),
  year,
};

/** Where a document means something else by the same name. */
const EXCEPTIONS: Record<string, Values> = {
  Office: { from: () => `${year()}-01`, to: now(7) },
};

export function firstVariables(name: string, text: string, schema: GraphQLSchema | null | undefined): string {
  const operation = parse(text).definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const wanted = (operation?.variableDefinitions ?? []).filter((variable) => variable.defaultValue || variable.type.kind === Kind.NON_NULL_TYPE);
  if (wanted.length === 0) return '';
  const values = { ...VALUES, ...EXCEPTIONS[name] };
  const entries = wanted.map((variable) => [variable.variable.name.value, first(variable, values, schema)]);
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

function first(variable: VariableDefinitionNode, values: Values, schema: GraphQLSchema | null | undefined): unknown {
  if (variable.defaultValue) return valueFromASTUntyped(variable.defaultValue);
  const name = variable.variable.name.value;
  const type = schema && (typeFromAST(schema, variable.type as TypeNode & { kind: Kind.NON_NULL_TYPE }) as GraphQLInputType | undefined);
  if (type) return example(name, type, values);
  // Without a schema only names help; every input of ours has this field.
  return values[name]?.() ?? (name === 'input' ? { clientMutationId: uuid() } : '');
}

function example(name: string, type: GraphQLInputType, values: Values): unknown {
  if (isNonNullType(type)) return example(name, type.ofType, values);
  if (isListType(type)) return [example(name, type.ofType, values)];
  const named = getNamedType(type);
  if (isInputObjectType(named)) {
    const required = Object.values(named.getFields()).filter(isRequiredInputField);
    return Object.fromEntries(required.map((field) => [field.name, example(field.name, field.type, values)]));
  }
  if (isEnumType(named)) return named.getValues()[0]?.value;
  const value = values[name]?.();
  if (value !== undefined) return value;
  return { Int: 0, Float: 0, Boolean: false }[named.name] ?? '';
}
