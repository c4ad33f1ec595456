import { z } from 'zod'

/**
 * What the airlock looks for in what leaves. `credential`: keys, tokens and passwords by their form. `secret`: values of the
 * credential store and of the airlock's own secrets. `canary`: values planted to be seen. `personal`: numbers of cards, accounts and
 * persons. `contact`: e-mail addresses and phone numbers. `entropy`: strings drawn at random. `unreadable`: what unfolds to too much
 * or too deeply to be looked at.
 */
export const InspectionClass = z.enum([
  'credential',
  'secret',
  'canary',
  'personal',
  'contact',
  'entropy',
  'unreadable',
])
export type InspectionClass = z.infer<typeof InspectionClass>

/** `redact` takes it out and sends the rest; `ask` holds the request until the operator lets it go; `block` refuses it. */
export const InspectionAction = z.enum(['allow', 'redact', 'ask', 'block'])
export type InspectionAction = z.infer<typeof InspectionAction>

const Guarded = InspectionAction.exclude(['allow'])

/** What to do with each class. What is absent is as the airlock's configuration says, and there as {@link INSPECTION_DEFAULTS}. */
export const InspectionPolicy = z.strictObject({
  credential: InspectionAction.optional(),
  secret: Guarded.optional(),
  canary: Guarded.optional(),
  personal: InspectionAction.optional(),
  contact: InspectionAction.optional(),
  entropy: InspectionAction.optional(),
  unreadable: InspectionAction.exclude(['redact']).optional(),
})
export type InspectionPolicy = z.infer<typeof InspectionPolicy>

export const INSPECTION_DEFAULTS: Readonly<Record<InspectionClass, InspectionAction>> = {
  credential: 'block',
  secret: 'block',
  canary: 'block',
  personal: 'ask',
  contact: 'allow',
  entropy: 'ask',
  unreadable: 'block',
}

/**
 * Whose credentials the headers made for them (`Authorization`, `X-Api-Key` and the like) may carry to a destination. `own`: keys of its
 * own provider or of no known one. `any`: any key, as proxies of several providers take them. `none`: only what the airlock puts in.
 */
export const EgressAuth = z.enum(['own', 'any', 'none'])
export type EgressAuth = z.infer<typeof EgressAuth>
