import * as cedar from '@cedar-policy/cedar-wasm/nodejs'

/**
 * The little of Cedar that policy needs, with failures as exceptions. Rules travel as JSON syntax trees, so nothing is
 * parsed twice; a prepared set stays inside the WebAssembly module under its name until that name is used again.
 */

export type CedarRule = cedar.PolicyJson
export type CedarSchema = cedar.SchemaJson<string>
export type CedarValue = cedar.CedarValueJson
export type CedarEntity = cedar.EntityJson
export type CedarExpression = cedar.Expr

/** What Cedar has against a text, and where in it: `start` counts from 0 in UTF-8 bytes. */
export interface CedarProblem {
  readonly message: string
  readonly start: number | undefined
}

export class CedarError extends Error {
  readonly problems: readonly CedarProblem[]

  constructor(problems: readonly CedarProblem[]) {
    super(problems.map(({ message }) => message).join('; '))
    this.name = 'CedarError'
    this.problems = problems
  }
}

/** The single rules in a text, as they stand there, in no particular order. Throws {@link CedarError}. */
export function splitRules(text: string): string[] {
  const answer = cedar.policySetTextToParts(text)
  if (answer.type === 'failure') throw failure(answer.errors)
  if (answer.policy_templates.length > 0) {
    throw new CedarError([{ message: 'templates (?principal, ?resource) are not used here', start: undefined }])
  }
  return answer.policies
}

/** Throws {@link CedarError}. */
export function readRule(text: string): CedarRule {
  const answer = cedar.policyToJson(text)
  if (answer.type === 'failure') throw failure(answer.errors)
  if (!hasExactNumbers(answer.json)) {
    throw new CedarError([{ message: 'numbers can have at most 15 digits here', start: undefined }])
  }
  return answer.json
}

/** Larger numbers would become others on their way through JSON. */
function hasExactNumbers(node: unknown): boolean {
  if (typeof node === 'number') return Math.abs(node) < 1e15
  return typeof node !== 'object' || node === null || Object.values(node).every(hasExactNumbers)
}

/**
 * What strict validation has against each rule, by its name; empty where all is well. Warnings count
 * as well, but for those about letters: people write paths in their own. Text that reads from right to left stays refused. */
export function validateRules(
  schema: CedarSchema,
  rules: Readonly<Record<string, CedarRule>>,
): { readonly rule: string; readonly message: string }[] {
  const answer = cedar.validate({
    schema,
    policies: { staticPolicies: { ...rules } },
    validationSettings: { mode: 'strict' },
  })
  if (answer.type === 'failure') throw failure(answer.errors)
  const warnings = answer.validationWarnings.filter(({ error }) => !isAboutLetters(error.message))
  return [...answer.validationErrors, ...warnings].map(({ policyId, error }) => ({
    rule: policyId,
    message: sentence(error),
  }))
}

function isAboutLetters(message: string): boolean {
  return /\b(string|identifier) `/.test(message) && !message.includes('BIDI')
}

/** Keeps rules ready under a name; what was there under it is gone. Throws {@link CedarError} and changes nothing then. */
export function prepare(name: string, rules: Readonly<Record<string, CedarRule>>): void {
  const answer = cedar.preparsePolicySet(name, { staticPolicies: { ...rules } })
  if (answer.type === 'failure') throw failure(answer.errors)
}

/** How a prepared set decides, and by which rules. `errors`: rules that could not be evaluated. */
export interface CedarAnswer {
  readonly allowed: boolean
  readonly rules: readonly string[]
  readonly errors: readonly { readonly rule: string; readonly message: string }[]
}

export interface CedarRequest {
  readonly principal: cedar.TypeAndId
  readonly action: cedar.TypeAndId
  readonly resource: cedar.TypeAndId
  readonly context: Readonly<Record<string, CedarValue>>
  readonly entities: readonly CedarEntity[]
}

/** Throws {@link CedarError} where Cedar cannot read the request. */
export function authorize(name: string, { entities, context, ...request }: CedarRequest): CedarAnswer {
  const answer = cedar.statefulIsAuthorized({
    ...request,
    context: context as Record<string, CedarValue>,
    entities: entities as CedarEntity[],
    validateRequest: false,
    preparsedPolicySetId: name,
  })
  if (answer.type === 'failure') throw failure(answer.errors)
  const { decision, diagnostics } = answer.response
  return {
    allowed: decision === 'allow',
    rules: diagnostics.reason,
    errors: diagnostics.errors.map(({ policyId, error }) => ({ rule: policyId, message: error.message })),
  }
}

/** A schema in the form in which people write it. Throws {@link CedarError}. */
export function schemaText(schema: CedarSchema): string {
  const answer = cedar.schemaToText(schema)
  if (answer.type === 'failure') throw failure(answer.errors)
  return answer.text
}

function failure(errors: readonly cedar.DetailedError[]): CedarError {
  return new CedarError(
    errors.map((error) => ({ message: sentence(error), start: error.sourceLocations?.[0]?.start ?? undefined })),
  )
}

/** Cedar names the rule in backticks at the beginning; where it says so is known already. */
function sentence({ message, help, sourceLocations }: cedar.DetailedError): string {
  const label = sourceLocations?.find((location) => location.label !== null)?.label
  const text = message.replace(/^(for policy|failed to parse policy with id) `[^`]*`( from string)?[,:] /, '')
  return [text, label, help].filter(Boolean).join('; ')
}
