import type { Page } from 'playwright-core'
import type { Visit } from './visit.ts'

/** Elements that the page never makes. Where one of them is, somebody's text became it. */
const NEVER = [
  ...['script', 'style', 'link', 'meta', 'base', 'iframe', 'frame', 'object', 'embed', 'applet', 'template', 'slot'],
  ...[
    'img',
    'picture',
    'video',
    'audio',
    'source',
    'track',
    'math',
    'marquee',
    'animate',
    'set',
    'foreignObject',
    'use',
  ],
]

/** Reports to `complaints` what a breach calls, and what the content security policy had to stop. From now on, in every document. */
export async function watch({ context, complaints }: Pick<Visit, 'context' | 'complaints'>): Promise<void> {
  await context.exposeBinding('breach', () => void complaints.push('text ran as a script'))
  await context.exposeBinding('stopped', (_source, what: string) => void complaints.push(`the policy stopped ${what}`))
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
      const { stopped } = window as unknown as { stopped: (what: string) => void }
      stopped(`${effectiveDirective} ${blockedURI}`)
    })
  })
}

/** What the page has become that it must not, whatever it was told: one line for each thing. */
export function harm(page: Page): Promise<string[]> {
  return page.evaluate((never) => {
    const found: string[] = []
    const root = document.getElementById('page')
    if (root === null) return ['the page is gone']
    for (const element of root.querySelectorAll('*')) {
      const name = element.localName
      if (never.includes(name) || element instanceof HTMLUnknownElement || name.includes('-')) found.push(`<${name}>`)
      for (const { name: attribute, value } of element.attributes) {
        if (/^(on|srcdoc$|formaction$|ping$|background$)/i.test(attribute)) found.push(`${name}[${attribute}]`)
        if (!/^(href|src|action|data|xlink:href)$/i.test(attribute)) continue
        const { protocol, origin } = new URL(value, location.href)
        const follows = name === 'a' && ['http:', 'https:', 'mailto:'].includes(protocol)
        const own = origin === location.origin && protocol !== 'blob:'
        const file = protocol === 'blob:' && element.hasAttribute('download')
        if (!(follows || own || file)) found.push(`${name}[${attribute}=${value}]`)
        if (follows && origin !== location.origin && !element.getAttribute('rel')?.includes('noopener'))
          found.push(`${name}[${attribute}=${value}] without noopener`)
      }
    }
    if (window.frames.length > 0) found.push('a frame')
    for (const key in {}) found.push(`Object.prototype.${key}`)
    return [...new Set(found)]
  }, NEVER)
}

/** All that the page says: its text, what its fields hold, and what screen readers and tooltips are told. */
export function said(page: Page): Promise<string> {
  return page.evaluate(() => {
    const texts = [document.body.textContent ?? '']
    for (const element of document.body.querySelectorAll('*')) {
      if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) texts.push(element.value)
      for (const attribute of ['title', 'aria-label', 'placeholder']) texts.push(element.getAttribute(attribute) ?? '')
    }
    return texts.join('\n')
  })
}
