import type { Token, Tokens } from 'marked'
import type { ComponentChildren, VNode } from 'preact'
import { useRef } from 'preact/hooks'
import { strings } from '../strings.ts'
import { ScrollRegion } from '../theme/scroll-region.tsx'
import { decodeEntities, safeTarget, saysTarget } from './markdown.ts'
import { MarkdownReader } from './markdown-reader.ts'

/**
 * An answer as Markdown. Every element is made here: no HTML is ever parsed, raw HTML is shown as the text it is, and
 * images are named with their address instead of being fetched. Blocks that have not changed are not drawn again.
 */
export function Answer({ text, streaming = false }: { readonly text: string; readonly streaming?: boolean }) {
  const reader = useRef<MarkdownReader>(null)
  reader.current ??= new MarkdownReader()
  const drawn = useRef<{ readonly raw: string; readonly node: VNode }[]>([])
  drawn.current = reader.current.read(text, !streaming).map((block, position) => {
    const known = drawn.current[position]
    return known?.raw === block.raw ? known : { raw: block.raw, node: <Block key={position} token={block} /> }
  })
  return <div class="markdown">{drawn.current.map(({ node }) => node)}</div>
}

function Block({ token }: { readonly token: Token }): VNode {
  const block = token as Tokens.Generic & Token
  switch (block.type) {
    case 'heading':
      // All of one level, whatever depth the model chose, so that the page's outline has no holes.
      return <h2>{inline(block.tokens)}</h2>
    case 'paragraph':
      return <p>{inline(block.tokens)}</p>
    case 'code':
      return (
        <ScrollRegion class="block" label={strings.chat.code}>
          <pre>{(block as Tokens.Code).text}</pre>
        </ScrollRegion>
      )
    case 'blockquote':
      return <blockquote>{blocks(block.tokens)}</blockquote>
    case 'hr':
      return <hr />
    case 'list':
      return <List list={block as Tokens.List} />
    case 'table':
      return <Table table={block as Tokens.Table} />
    case 'text':
      return <>{block.tokens === undefined ? decodeEntities(block.text as string) : inline(block.tokens)}</>
    default:
      return <p>{block.raw}</p>
  }
}

function blocks(tokens: readonly Token[] = []): ComponentChildren {
  return tokens.filter(({ type }) => type !== 'space').map((token, position) => <Block key={position} token={token} />)
}

function List({ list }: { readonly list: Tokens.List }) {
  const items = list.items.map((item, position) => (
    <li key={position}>
      {item.task === true && <input type="checkbox" checked={item.checked === true} disabled aria-label={item.text} />}
      {blocks(item.tokens.filter(({ type }) => type !== 'checkbox'))}
    </li>
  ))
  return list.ordered ? <ol start={Number(list.start) || 1}>{items}</ol> : <ul>{items}</ul>
}

function Table({ table }: { readonly table: Tokens.Table }) {
  return (
    <ScrollRegion class="scroll" label={strings.chat.table}>
      <table>
        <thead>
          <tr>
            {table.header.map((cell, position) => (
              <th key={position} scope="col">
                {inline(cell.tokens)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, line) => (
            <tr key={line}>
              {row.map((cell, position) => (
                <td key={position}>{inline(cell.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}

function inline(tokens: readonly Token[] = []): ComponentChildren {
  return tokens.map((token, position) => <Inline key={position} token={token} />)
}

function Inline({ token }: { readonly token: Token }): VNode {
  const { text = '', tokens, raw } = token as Tokens.Generic
  switch (token.type) {
    case 'strong':
      return <strong>{inline(tokens)}</strong>
    case 'em':
      return <em>{inline(tokens)}</em>
    case 'del':
      return <del>{inline(tokens)}</del>
    case 'codespan':
      return <code>{text}</code>
    case 'br':
      return <br />
    case 'link':
      return <Link link={token as Tokens.Link} />
    case 'image':
      return <Image image={token as Tokens.Image} />
    case 'escape':
      return <>{text}</>
    case 'text':
      return <>{tokens === undefined ? decodeEntities(text) : inline(tokens)}</>
    default:
      return <>{raw}</>
  }
}

function Link({ link }: { readonly link: Tokens.Link }) {
  const target = safeTarget(link.href)
  if (target === null) return <>{link.raw}</>
  return (
    <>
      <a href={target} target="_blank" rel="noopener noreferrer">
        {inline(link.tokens)}
      </a>
      {!saysTarget(link) && <span class="target"> ({target})</span>}
    </>
  )
}

function Image({ image }: { readonly image: Tokens.Image }) {
  const target = safeTarget(image.href)
  if (target === null) return <>{image.raw}</>
  return (
    <a href={target} target="_blank" rel="noopener noreferrer">
      {strings.chat.image(image.text)} ({target})
    </a>
  )
}
