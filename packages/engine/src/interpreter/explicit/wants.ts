import type { ToolDescriptor } from '@castellan/contracts'

interface Property {
  readonly type?: unknown
  readonly enum?: readonly unknown[]
  readonly items?: { readonly enum?: readonly unknown[] }
  readonly default?: unknown
  readonly pattern?: string
}

/** What a tool takes, as its input schema says it. */
export class Wants {
  readonly tool: string
  readonly #properties: Readonly<Record<string, Property>>

  constructor(tool: ToolDescriptor) {
    this.tool = tool.name
    this.#properties = (tool.inputSchema.properties ?? {}) as Readonly<Record<string, Property>>
  }

  /** Whether the tool takes the argument, and where a value is given, that value or a list with it. */
  takes(argument: string, value?: string): boolean {
    const property = this.#properties[argument]
    if (property === undefined || value === undefined) return property !== undefined
    const values = property.enum ?? property.items?.enum
    return values === undefined || values.includes(value)
  }

  takesList(argument: string): boolean {
    return this.#properties[argument]?.type === 'array'
  }

  /** What holds where the argument is left out. */
  byDefault(argument: string): unknown {
    return this.#properties[argument]?.default
  }

  /** Whether the argument could have this value; what the schema leaves open, it could. */
  admits(argument: string, value: string): boolean {
    const pattern = this.#properties[argument]?.pattern
    return pattern === undefined || new RegExp(pattern, 'u').test(value)
  }
}
