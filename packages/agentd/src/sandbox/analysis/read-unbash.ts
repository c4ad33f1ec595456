import {
  type PipelineNode,
  parse,
  type Redirection,
  type Word as ShellWord,
  type Statement,
  type WordPart,
} from 'unbash'
import {
  type Connector,
  doubleQuoted,
  joined,
  type LiteralScript,
  NotLiteral,
  type Redirect,
  ScriptBuilder,
  unquoted,
  type Word,
} from './script.ts'

/** Reads a script with unbash. Throws `NotLiteral`. */
export function readWithUnbash(source: string): LiteralScript {
  const script = parse(source)
  if (script.errors !== undefined && script.errors.length > 0) throw new NotLiteral('it is not valid shell syntax')
  if (script.shebang !== undefined) throw new NotLiteral('it names an interpreter of its own')
  const builder = new ScriptBuilder()
  for (const statement of script.commands) readStatement(statement, builder)
  return builder.build()
}

function readStatement({ command, background }: Statement, builder: ScriptBuilder): void {
  if (background) throw new NotLiteral('something is left running in the background')
  builder.connect(';')
  if (command.type !== 'AndOr') {
    readNode(command, builder)
    return
  }
  for (const [index, node] of command.commands.entries()) {
    if (index > 0) builder.connect(command.operators[index - 1] as Connector)
    readNode(node, builder)
  }
}

function readNode(node: PipelineNode, builder: ScriptBuilder): void {
  if (node.type === 'Pipeline') {
    if (node.prefixes.length > 0) throw new NotLiteral('a pipeline is timed or negated')
    for (const [index, inner] of node.commands.entries()) {
      if (index > 0) builder.connect(node.operators[index - 1] as Connector)
      readNode(inner, builder)
    }
    return
  }
  if (node.type !== 'Command') throw new NotLiteral(`it has a ${node.type}, which is more than plain commands`)
  if (node.name === undefined) throw new NotLiteral('it sets variables or redirects without a command')
  const words = [node.name]
  const redirects: Redirect[] = []
  for (const part of [...node.prefix, ...node.suffix]) {
    if (part.type === 'Assignment') throw new NotLiteral('it sets variables')
    if (part.type === 'Word') words.push(part)
    else redirects.push(readRedirect(part))
  }
  builder.add({ words: words.map(readWord), redirects })
}

function readRedirect(part: Redirection): Redirect {
  if (part.type !== 'Redirect') throw new NotLiteral('it has a here-document or here-string')
  const { descriptor, operator, target } = part
  if (target === undefined) throw new NotLiteral('it redirects to nothing')
  if (descriptor?.type === 'FileDescriptorVariable') throw new NotLiteral('it redirects a descriptor in a variable')
  return { descriptor: descriptor?.value ?? null, operator, target: readWord(target) }
}

function readWord({ text, value, parts }: ShellWord): Word {
  if (parts === undefined) {
    if (text !== value) throw new NotLiteral(`${JSON.stringify(text)} is escaped`)
    return unquoted(text, true)
  }
  return joined(parts.map((part, index) => readPart(part, index === 0)))
}

function readPart(part: WordPart, first: boolean): Word {
  switch (part.type) {
    case 'Literal':
    case 'Glob':
      return unquoted(part.text, first)
    case 'SingleQuoted':
      return { value: part.value, glob: false }
    case 'DoubleQuoted':
      if (part.parts.some(({ type }) => type !== 'Literal')) throw new NotLiteral('something is put in when it runs')
      return doubleQuoted(part.text.slice(1, -1))
    default:
      throw new NotLiteral(`it has a ${part.type}: what it becomes is known only when it runs`)
  }
}
