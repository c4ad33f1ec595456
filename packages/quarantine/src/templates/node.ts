/** The node of a syntax tree as the parser gives it; which fields there are depends on `type`. */
export interface Node {
  readonly type: string
  readonly value?: unknown
  readonly operator?: { readonly value: string }
  readonly [field: string]: unknown
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

/** The nodes right below this one, in the order of its fields. */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = []
  const add = (value: unknown): void => {
    if (isNode(value)) children.push(value)
    else if (Array.isArray(value)) value.forEach(add)
    else if (value instanceof Map) {
      for (const [key, item] of value) {
        add(key)
        add(item)
      }
    }
  }
  for (const [field, value] of Object.entries(node)) if (field !== 'type' && field !== 'operator') add(value)
  return children
}

/** The name of an identifier; undefined for any other node. */
export function nameOf(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Identifier' && typeof node.value === 'string' ? node.value : undefined
}

/** What a text literal says; undefined for any other node. */
export function literalOf(node: unknown): string | undefined {
  return isNode(node) && node.type === 'StringLiteral' && typeof node.value === 'string' ? node.value : undefined
}
