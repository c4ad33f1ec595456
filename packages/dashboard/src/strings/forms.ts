import type { Unready } from '../forms/schema.ts'

/** The words of fields that are made of a tool's schema. */
export const formWords = {
  standard: (value: string) => `Standard: ${value}.`,
  onePerLine: 'One per line.',
  asJson: 'As JSON.',
  leave: (standard: string | null) => (standard === null ? 'not given' : `standard (${standard})`),
  yes: 'yes',
  no: 'no',
  none: 'It takes no arguments.',
  byHand: 'Write the arguments as JSON',
  json: 'Arguments as JSON',
  noObject: 'This is no JSON object.',
  reading: 'what the tool takes',
  unready: {
    missing: (field: string) => `${field} is needed.`,
    'no-number': (field: string) => `${field} has to be a number.`,
    'not-whole': (field: string) => `${field} has to be a whole number.`,
    'no-json': (field: string) => `${field} is no JSON.`,
  } satisfies Record<Unready, (field: string) => string>,
} as const
