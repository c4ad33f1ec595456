import type { ToolDescriptor } from '@castellan/contracts'
import { type Chain, writeSyntheticModel } from './synthetic-model.ts'

export interface SyntheticInterpreter {
  readonly tools: readonly ToolDescriptor[]
  /** What follows a token of the answer; noise elsewhere. */
  readonly chain?: Chain
  readonly gate?: number
  readonly seed?: number
}

/** A model of the interpreter's format whose answers are noise or a chain: everything about it is real but its judgement. */
export function writeSyntheticInterpreter(path: string, { tools, chain, gate, seed }: SyntheticInterpreter): void {
  const described = tools.map(describe)
  const control = ['<|request|>', '<|call|>', '<|none|>', '<|end|>']
  for (const { token, args } of described) {
    control.push(token)
    for (const arg of args) control.push(...('token' in arg ? [arg.token] : Object.values(arg.values)))
  }
  writeSyntheticModel(path, {
    control: [...new Set(control)],
    contextTokens: 256,
    favoured: { '<|end|>': 5 },
    ...(chain === undefined ? {} : { chain }),
    ...(seed === undefined ? {} : { seed }),
    metadata: {
      'castellan.kind': { text: 'interpreter' },
      'castellan.format': { u32: 1 },
      'castellan.gate': { f32: gate ?? 0.8 },
      'castellan.tools': {
        text: JSON.stringify({
          format: 1,
          request: '<|request|>',
          call: '<|call|>',
          none: '<|none|>',
          end: '<|end|>',
          numberWords: { one: 1, two: 2, ten: 10, dozen: 12 },
          tools: described,
        }),
      },
    },
  })
}

interface Described {
  readonly name: string
  readonly token: string
  readonly args: readonly ({ name: string; type: string; required: boolean } & (
    | { token: string }
    | { values: Record<string, string> }
  ))[]
}

function describe(tool: ToolDescriptor): Described {
  const properties = tool.inputSchema.properties as Record<string, { type?: string; enum?: string[] }>
  const required = tool.inputSchema.required as string[]
  return {
    name: tool.name,
    token: `<|tool:${tool.name}|>`,
    args: Object.entries(properties).map(([name, schema]) => ({
      name,
      type: schema.enum !== undefined ? 'enum' : schema.type === 'integer' ? 'integer' : 'string',
      required: required.includes(name),
      ...(schema.enum === undefined
        ? { token: `<|arg:${name}|>` }
        : { values: Object.fromEntries(schema.enum.map((value) => [value, `<|${name}=${value}|>`])) }),
    })),
  }
}
