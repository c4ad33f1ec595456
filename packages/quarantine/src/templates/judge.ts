import { parse, tokenize } from '@huggingface/jinja'
import { filters, functions, isDataName, lookingUp, methods, operators, spellsMachinery, tests } from './allowed.ts'
import { childrenOf, isNode, literalOf, type Node, nameOf } from './node.ts'
import { filterName, Subscripts } from './subscripts.ts'

/** Characters of one template; the largest known has 30,000. */
const MOST_CHARACTERS = 262_144
const MOST_NODES = 100_000
const MOST_DEPTH = 400
/** What `range` may count to: a template that counts longer keeps an engine busy. */
const MOST_RANGE = 100_000

/** What is wrong with a template, one sentence each. None: it only puts together text out of what it is given. */
export function judgeTemplate(template: string): string[] {
  if (template.length > MOST_CHARACTERS)
    return [`It has ${template.length} characters; at most ${MOST_CHARACTERS} are read.`]
  let program: Node
  try {
    program = parse(tokenize(template, { lstrip_blocks: true, trim_blocks: true })) as unknown as Node
  } catch (error) {
    return [`It is no Jinja template that can be read: ${String((error as Error).message).slice(0, 200)}.`]
  }
  return new Judge(program).problems()
}

class Judge {
  readonly #program: Node
  readonly #subscripts: Subscripts
  readonly #macros = new Set<string>()
  readonly #problems = new Set<string>()
  #nodes = 0

  constructor(program: Node) {
    this.#program = program
    this.#subscripts = new Subscripts(program)
  }

  problems(): string[] {
    this.#findMacros(this.#program)
    this.#walk(this.#program, 0)
    return [...this.#problems].slice(0, 20)
  }

  #findMacros(node: Node): void {
    const name = node.type === 'Macro' ? nameOf(node.name) : undefined
    if (name !== undefined) this.#macros.add(name)
    for (const child of childrenOf(node)) this.#findMacros(child)
  }

  #walk(node: Node, depth: number): void {
    this.#nodes += 1
    if (depth > MOST_DEPTH || this.#nodes > MOST_NODES) {
      this.#say('It is nested deeper or has more parts than any chat template')
      return
    }
    this.#look(node)
    for (const child of this.#below(node)) this.#walk(child, depth + 1)
  }

  #look(node: Node): void {
    switch (node.type) {
      case 'Program':
      case 'If':
      case 'For':
      case 'Break':
      case 'Continue':
      case 'Set':
      case 'Macro':
      case 'Comment':
      case 'IntegerLiteral':
      case 'FloatLiteral':
      case 'ArrayLiteral':
      case 'TupleLiteral':
      case 'ObjectLiteral':
      case 'SelectExpression':
      case 'SliceExpression':
      case 'KeywordArgumentExpression':
      case 'Ternary':
        return
      case 'Identifier':
        this.#name(node.value as string)
        return
      case 'StringLiteral':
        if (spellsMachinery(node.value as string)) this.#say(`It has the text ${quote(node.value as string)}`)
        return
      case 'MemberExpression':
        this.#member(node)
        return
      case 'CallExpression':
        this.#call(node)
        return
      case 'FilterExpression':
      case 'FilterStatement':
        this.#filter(node)
        return
      case 'TestExpression':
        this.#test(node)
        return
      case 'UnaryExpression':
        if (!['not', '-', '+'].includes(node.operator?.value ?? ''))
          this.#say(`It uses the operator ${node.operator?.value}`)
        return
      case 'BinaryExpression':
        this.#operator(node)
        return
      default:
        this.#say(`It uses ${node.type}, which chat templates have no need of`)
    }
  }

  /** Callees and names of filters, tests and attributes are looked at where they are used, not as names of variables. */
  #below(node: Node): Node[] {
    if (node.type === 'MemberExpression' && node.computed !== true) return [node.object as Node]
    if (node.type === 'CallExpression') {
      const callee = node.callee as Node
      return [...(callee.type === 'MemberExpression' ? [callee.object as Node] : []), ...(node.args as Node[])]
    }
    if (node.type === 'FilterExpression' || node.type === 'FilterStatement') {
      const { filter, operand, body } = node as Node & { filter: Node; operand?: Node; body?: Node[] }
      return [...(isNode(operand) ? [operand] : []), ...(body ?? []), ...((filter.args as Node[] | undefined) ?? [])]
    }
    if (node.type === 'TestExpression') {
      const test = node.test as Node
      return [node.operand as Node, ...((test.args as Node[] | undefined) ?? [])]
    }
    if (node.type === 'KeywordArgumentExpression') return [node.value as Node]
    return childrenOf(node)
  }

  #name(name: string): void {
    if (!isDataName(name)) this.#say(`It uses the name ${quote(name)}`)
  }

  #member(node: Node): void {
    const property = node.property as Node
    if (node.computed !== true) {
      const name = nameOf(property)
      if (name === undefined || !isDataName(name))
        this.#say(`It reaches for the attribute ${quote(name ?? property.type)}`)
    } else if (!this.#subscripts.isHarmless(property)) {
      this.#say('It looks something up by a name that is put together or computed')
    }
  }

  #call(node: Node): void {
    const callee = node.callee as Node
    if (callee.type === 'MemberExpression') {
      const name = callee.computed === true ? undefined : nameOf(callee.property)
      if (name === undefined || !methods.has(name))
        this.#say(`It calls the method ${quote(name ?? 'of a computed name')}`)
      return
    }
    const name = nameOf(callee)
    if (name === undefined || !(functions.has(name) || this.#macros.has(name))) {
      this.#say(`It calls ${quote(name ?? callee.type)}`)
    }
    if (name === 'range') this.#range(node.args as Node[])
  }

  #range(args: readonly Node[]): void {
    for (const { type, value } of args) {
      if (type === 'IntegerLiteral' && (value as number) > MOST_RANGE) this.#say(`It counts to ${value}`)
    }
  }

  #filter(node: Node): void {
    const name = filterName(node)
    if (name === undefined || !filters.has(name)) {
      this.#say(`It uses the filter ${quote(name ?? 'of a computed name')}`)
      return
    }
    if (!lookingUp.has(name)) return
    const args = ((node.filter as Node).args as Node[] | undefined) ?? []
    // Only these take an attribute's name without saying so; `join` takes a text there, and `map` a filter's name.
    const named = args.filter(
      (argument) => argument.type === 'KeywordArgumentExpression' && nameOf(argument.key) === 'attribute',
    )
    const first = args[0]
    if (['selectattr', 'rejectattr', 'groupby'].includes(name)) this.#attribute(first)
    if (name === 'map' && first !== undefined && first.type !== 'KeywordArgumentExpression') this.#mapped(first)
    for (const argument of named) this.#attribute(argument.value as Node)
  }

  #attribute(node: Node | undefined): void {
    const name = node?.type === 'KeywordArgumentExpression' ? literalOf(node.value) : literalOf(node)
    const fits = name?.split('.').every((part) => isDataName(part)) ?? node?.type === 'IntegerLiteral'
    if (!fits) this.#say(`It looks up the attribute ${quote(name ?? 'of a computed name')}`)
  }

  #mapped(node: Node): void {
    const name = literalOf(node)
    if (name === undefined || !filters.has(name)) this.#say(`It maps the filter ${quote(name ?? 'of a computed name')}`)
  }

  #test(node: Node): void {
    const test = node.test as Node
    const name = nameOf(test) ?? nameOf(test.callee)
    if (name === undefined || !tests.has(name)) this.#say(`It uses the test ${quote(name ?? test.type)}`)
  }

  #operator(node: Node): void {
    const operator = node.operator?.value ?? ''
    if (!operators.has(operator)) this.#say(`It uses the operator ${quote(operator)}`)
    const left = node.left as Node
    const isText = left.type === 'StringLiteral' || (left.type === 'BinaryExpression' && left.operator?.value === '~')
    // Python's way to format: '%c%c' % (95, 95) writes any name.
    if (operator === '%' && isText) this.#say('It formats a text with %')
  }

  #say(problem: string): void {
    this.#problems.add(`${problem}.`)
  }
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 60))
}
