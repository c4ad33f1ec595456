import { isDataName } from './allowed.ts'
import { childrenOf, isNode, literalOf, type Node, nameOf } from './node.ts'

/**
 * What may stand between square brackets. A name that is put together as the template runs could be any name, also
 * `__class__`; so only these may: numbers and slices; a harmless name written out; a loop's variable that goes over the keys of
 * data; a variable that is only ever set to one of these.
 */
export class Subscripts {
  readonly #set = new Map<string, Node[]>()
  readonly #loops = new Map<string, Node[]>()
  readonly #unsure = new Set<string>()
  /** Of each name that is a macro's argument: of which, and the how manieth. */
  readonly #arguments = new Map<string, { readonly macro: string; readonly position: number }[]>()
  readonly #calls = new Map<string, Node[][]>()

  constructor(program: Node) {
    this.#collect(program)
  }

  isHarmless(index: Node): boolean {
    return this.#harmless(index, new Set())
  }

  #collect(node: Node): void {
    if (node.type === 'Set') this.#assign(node.assignee, node.value)
    else if (node.type === 'For') this.#loop(node.loopvar as Node, node.iterable as Node)
    // A macro's argument may be anything that a call gives it.
    else if (node.type === 'Macro') this.#macro(node)
    else if (node.type === 'CallExpression') this.#call(node)
    for (const child of childrenOf(node)) this.#collect(child)
  }

  #assign(target: unknown, value: unknown): void {
    if (!isNode(target)) return
    if (target.type === 'TupleLiteral') for (const item of target.value as Node[]) this.#unsure.add(nameOf(item) ?? '')
    const name = assigned(target)
    if (name === undefined) return
    if (isNode(value)) this.#set.set(name, [...(this.#set.get(name) ?? []), value])
    else this.#unsure.add(name)
  }

  #loop(variable: Node, iterable: Node): void {
    const names = variable.type === 'TupleLiteral' ? (variable.value as Node[]).map(nameOf) : [nameOf(variable)]
    for (const name of names)
      if (name !== undefined) this.#loops.set(name, [...(this.#loops.get(name) ?? []), iterable])
  }

  #macro(node: Node): void {
    for (const [position, argument] of ((node.args as Node[]) ?? []).entries()) {
      const name = nameOf(argument) ?? nameOf(argument.key)
      if (name === undefined) continue
      this.#unsure.add(name)
      const uses = this.#arguments.get(name) ?? []
      this.#arguments.set(name, [...uses, { macro: nameOf(node.name) ?? '', position }])
    }
  }

  #call(node: Node): void {
    const name = nameOf(node.callee)
    if (name !== undefined) this.#calls.set(name, [...(this.#calls.get(name) ?? []), node.args as Node[]])
  }

  #harmless(node: Node, seen: Set<string>): boolean {
    switch (node.type) {
      case 'IntegerLiteral':
      case 'FloatLiteral':
      case 'SliceExpression':
        return true
      case 'StringLiteral':
        return isDataName(node.value as string)
      case 'UnaryExpression':
        return this.#isNumber(node, seen)
      case 'BinaryExpression':
        return this.#isNumber(node, seen)
      case 'FilterExpression':
        return this.#isNumber(node, seen)
      case 'Ternary':
        return [node.trueExpr, node.falseExpr].every((side) => isNode(side) && this.#harmless(side, seen))
      case 'MemberExpression':
        return this.#isNumber(node, new Set(seen)) || this.#isSetHarmless(assigned(node), seen)
      case 'Identifier':
        return this.#isSetHarmless(node.value as string, seen)
      default:
        return false
    }
  }

  /** A variable (or a field of a namespace) that is harmless wherever it gets a value. */
  #isSetHarmless(name: string | undefined, seen: Set<string>): boolean {
    if (name === undefined || this.#unsure.has(name)) return false
    if (seen.has(name)) return true
    seen.add(name)
    const values = this.#set.get(name) ?? []
    const loops = this.#loops.get(name) ?? []
    if (values.length + loops.length === 0) return this.#isNamespaceField(name)
    return values.every((value) => this.#harmless(value, seen)) && loops.every((over) => this.#isData(over))
  }

  /** `ns.index` where the namespace was made with a number. */
  #isNamespaceField(name: string): boolean {
    const [space = '', field = ''] = name.split('.')
    return (this.#set.get(space) ?? []).some((value) => this.#namespaceGives(value, field))
  }

  #namespaceGives(value: Node, field: string): boolean {
    if (value.type !== 'CallExpression' || nameOf(value.callee) !== 'namespace') return false
    return (value.args as Node[]).some(
      (argument) => nameOf(argument.key) === field && this.#isNumber(argument.value as Node, new Set()),
    )
  }

  /** What the caller of a template hands in, or a part of it: nothing that the template itself wrote down. */
  #isData(node: Node, seen: Set<string> = new Set()): boolean {
    switch (node.type) {
      case 'Identifier':
        return this.#isDataName(node.value as string, seen)
      case 'MemberExpression':
        return this.#isData(node.object as Node, seen)
      case 'FilterExpression':
        return unchanging.has(filterName(node) ?? '') && this.#isData(node.operand as Node, seen)
      case 'CallExpression': {
        const callee = node.callee as Node
        if (nameOf(callee) === 'range') return true
        const method = callee.type === 'MemberExpression' ? nameOf(callee.property) : undefined
        return ['items', 'keys', 'values'].includes(method ?? '') && this.#isData(callee.object as Node, seen)
      }
      case 'SelectExpression':
        return this.#isData(node.lhs as Node, seen)
      // A list of names written out is as good as the names.
      case 'ArrayLiteral':
      case 'TupleLiteral':
        return (node.value as Node[]).every((item) => {
          const text = literalOf(item)
          return item.type === 'IntegerLiteral' || (text !== undefined && isDataName(text))
        })
      default:
        return false
    }
  }

  /** A variable that nothing but data is ever put into. A macro's argument is what its calls give it, by position. */
  #isDataName(name: string, seen: Set<string>): boolean {
    if (seen.has(name)) return true
    seen.add(name)
    const given = this.#arguments.get(name) ?? []
    if (this.#unsure.has(name) && given.length === 0) return false
    const sources = [...(this.#set.get(name) ?? []), ...(this.#loops.get(name) ?? [])]
    for (const { macro, position } of given) {
      for (const args of this.#calls.get(macro) ?? []) {
        const argument = args[position]
        if (
          argument === undefined ||
          args.some(({ type }) => type !== argument.type && type === 'KeywordArgumentExpression')
        ) {
          return false
        }
        sources.push(argument)
      }
    }
    return sources.every((source) => this.#isData(source, seen))
  }

  #isNumber(node: Node, seen: Set<string>): boolean {
    switch (node.type) {
      case 'IntegerLiteral':
      case 'FloatLiteral':
        return true
      case 'UnaryExpression':
        return node.operator?.value !== 'not' && this.#isNumber(node.argument as Node, seen)
      case 'BinaryExpression':
        return (
          ['+', '-', '*', '/', '//', '%'].includes(node.operator?.value ?? '') &&
          this.#isNumber(node.left as Node, seen) &&
          this.#isNumber(node.right as Node, seen)
        )
      case 'FilterExpression':
        return ['length', 'count', 'int', 'float', 'abs', 'round', 'wordcount'].includes(filterName(node) ?? '')
      case 'MemberExpression': {
        const field = nameOf(node.property)
        if (nameOf(node.object) === 'loop')
          return ['index', 'index0', 'revindex', 'revindex0', 'length'].includes(field ?? '')
        return this.#isSetNumber(assigned(node), seen)
      }
      case 'Identifier':
        return this.#isSetNumber(node.value as string, seen)
      default:
        return false
    }
  }

  #isSetNumber(name: string | undefined, seen: Set<string>): boolean {
    if (name === undefined || this.#unsure.has(name)) return false
    if (seen.has(name)) return true
    seen.add(name)
    const values = this.#set.get(name) ?? []
    const loops = this.#loops.get(name) ?? []
    if (values.length + loops.length === 0) return this.#isNamespaceField(name)
    const counted = loops.every((over) => over.type === 'CallExpression' && nameOf(over.callee) === 'range')
    return counted && values.every((value) => this.#isNumber(value, seen))
  }
}

/** Filters that give back what they were given, in another order. */
const unchanging = new Set(['items', 'list', 'sort', 'dictsort', 'reverse', 'unique'])

/** `name`, or `space.field` of a namespace: what an assignment names. */
function assigned(node: Node): string | undefined {
  if (node.type === 'Identifier') return node.value as string
  const object = nameOf(node.object)
  const field = node.computed === true ? undefined : nameOf(node.property)
  return node.type === 'MemberExpression' && object !== undefined && field !== undefined
    ? `${object}.${field}`
    : undefined
}

export function filterName(node: Node): string | undefined {
  const filter = node.filter as Node
  return nameOf(filter) ?? nameOf(filter.callee)
}
