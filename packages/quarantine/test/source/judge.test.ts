import { describe, expect, it } from 'vitest'
import { judgeSource } from '../../src/source/index.ts'

const policy = { hosts: ['huggingface.co', '*.models.example.org'] }
const commit = '0123456789abcdef0123456789abcdef01234567'

describe('the source of a model', () => {
  it('is said to be local where no address was given', () => {
    expect(judgeSource(undefined, policy)).toEqual({ kind: 'local' })
  })

  it('is an address on the list, with the revision that its path names', () => {
    expect(judgeSource(`https://huggingface.co/org/model/resolve/${commit}/model.gguf`, policy)).toEqual({
      kind: 'https',
      host: 'huggingface.co',
      revision: commit,
      fixed: true,
    })
    expect(judgeSource('https://huggingface.co/org/model/resolve/main/model.gguf', policy)).toMatchObject({
      revision: 'main',
      fixed: false,
    })
    expect(judgeSource('https://eu.models.example.org/model.gguf', policy)).toMatchObject({
      kind: 'https',
      revision: null,
    })
  })

  it.each([
    'http://huggingface.co/m.gguf',
    'HTTPS://huggingface.co/m.gguf',
    'ftp://huggingface.co/m.gguf',
    'file:///etc/passwd',
    'huggingface.co/m.gguf',
    '//huggingface.co/m.gguf',
    'https:huggingface.co/m.gguf',
    'https:/huggingface.co/m.gguf',
    'https:\\\\huggingface.co\\m.gguf',
    'https://huggingface.co\\@evil.example/m.gguf',
    'https://user@huggingface.co/m.gguf',
    'https://user:pw@huggingface.co/m.gguf',
    'https://huggingface.co@evil.example/m.gguf',
    'https://evil.example/huggingface.co/m.gguf',
    'https://huggingface.co.evil.example/m.gguf',
    'https://evilhuggingface.co/m.gguf',
    'https://models.example.org/m.gguf',
    'https://xmodels.example.org/m.gguf',
    'https://huggingface.co:443/m.gguf',
    'https://huggingface.co:8443/m.gguf',
    'https://huggingface.co:/m.gguf',
    'https://huggingface.co./m.gguf',
    'https://HuggingFace.co/m.gguf',
    'https://huggingface.co/m.gguf?download=true',
    'https://huggingface.co/m.gguf?',
    'https://huggingface.co/m.gguf#x',
    'https://huggingface.co/a/../m.gguf',
    'https://huggingface.co/a/./m.gguf',
    'https://huggingface.co/a/..',
    'https://huggingface.co//m.gguf',
    'https://huggingface.co/%2e%2e/m.gguf',
    'https://huggingface.co/a%2fb.gguf',
    'https://huggingface.co/m.gguf\n',
    'https://huggingface.co/m .gguf',
    ' https://huggingface.co/m.gguf',
    'https://huggingface.cö/m.gguf',
    'https://hugging\u200bface.co/m.gguf',
    'https://127.0.0.1/m.gguf',
    'https://[::1]/m.gguf',
    'https://0x7f000001/m.gguf',
    'https://2130706433/m.gguf',
    'https://localhost/m.gguf',
    'https:///m.gguf',
    'https://',
    `https://huggingface.co/${'a'.repeat(3000)}`,
    '',
  ])('is refused: %j', (source) => {
    expect(judgeSource(source, policy)).toMatchObject({
      kind: 'refused',
      why: expect.stringMatching(/^The source .*\.$/),
    })
  })
})
