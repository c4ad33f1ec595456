import { fileURLToPath } from 'node:url'
import { Language, type Node, Parser } from 'web-tree-sitter'
import {
  type Connector,
  doubleQuoted,
  joined,
  NotLiteral,
  type Redirect,
  ScriptBuilder,
  type ScriptReader,
  unquoted,
  type Word,
} from './script.ts'

/** A parser that shares no code and no author with unbash. Loads its grammar, about 1.5 MB of WebAssembly. */
export async function loadTreeSitter(): Promise<ScriptReader> {
  await Parser.init()
  const grammar = fileURLToPath(import.meta.resolve('tree-sitter-bash/tree-sitter-bash.wasm'))
  const parser = new Parser()
  parser.setLanguage(await Language.load(grammar))
  return (source) => {
    const tree = parser.parse(source)
    if (tree === null) throw new NotLiteral('it cannot be parsed')
    try {
      if (tree.rootNode.hasError) throw new NotLiteral('it is not valid shell syntax')
      const builder = new ScriptBuilder()
      readSequence(tree.rootNode, builder)
      return builder.build()
    } finally {
      tree.delete()
    }
  }
}

/** Statements and what stands between them: a program, a list, a pipeline. */
function readSequence(node: Node, builder: ScriptBuilder): void {
  for (const child of node.children) {
    if (child === null) continue
    if (child.isNamed) readNode(child, builder)
    else if (child.type === '\n' || child.type === ';') builder.connect(';')
    else if (['|', '|&', '&&', '||'].includes(child.type)) builder.connect(child.type as Connector)
    else throw new NotLiteral(`it has ${JSON.stringify(child.text)} between commands`)
  }
}

function readNode(node: Node, builder: ScriptBuilder): void {
  switch (node.type) {
    case 'comment':
      return
    case 'list':
    case 'pipeline':
      readSequence(node, builder)
      return
    case 'command':
      builder.add(readCommand(node))
      return
    case 'redirected_statement':
      for (const child of node.namedChildren) {
        if (child === null) continue
        if (child.type === 'file_redirect') builder.redirect(readRedirect(child))
        else readNode(child, builder)
      }
      return
    default:
      throw new NotLiteral(`it has a ${node.type.replaceAll('_', ' ')}, which is more than plain commands`)
  }
}

function readCommand(node: Node): { words: Word[]; redirects: Redirect[] } {
  const words: Word[] = []
  const redirects: Redirect[] = []
  for (const child of node.children) {
    if (child === null) continue
    if (child.type === 'command_name') words.push(readWord(child.child(0), true))
    else if (child.type === 'file_redirect') redirects.push(readRedirect(child))
    else words.push(readWord(child, true))
  }
  return { words, redirects }
}

function readRedirect(node: Node): Redirect {
  const parts = node.children.filter((child) => child !== null)
  const descriptor = parts[0]?.type === 'file_descriptor' ? Number(parts.shift()?.text) : null
  const [operator, target, ...rest] = parts
  if (operator === undefined || target === undefined || rest.length > 0) throw new NotLiteral('it redirects oddly')
  return { descriptor, operator: operator.type, target: readWord(target, true) }
}

function readWord(node: Node | null, first: boolean): Word {
  switch (node?.type) {
    case 'word':
    case 'number':
      return unquoted(node.text, first)
    case 'raw_string':
      return { value: node.text.slice(1, -1), glob: false }
    case 'string':
      if (node.children.some((child) => !['"', '$', 'string_content'].includes(child?.type ?? ''))) {
        throw new NotLiteral('something is put in when it runs')
      }
      return doubleQuoted(node.text.slice(1, -1))
    case 'concatenation':
      return joined(node.children.map((child, index) => readWord(child, first && index === 0)))
    default:
      throw new NotLiteral(`it has a ${node?.type.replaceAll('_', ' ')}: what it becomes is known only when it runs`)
  }
}
