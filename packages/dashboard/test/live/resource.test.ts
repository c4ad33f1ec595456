import { expect, test } from 'vitest'
import { Resource } from '../../src/live/resource.ts'

test('an answer to an earlier question counts for nothing', async () => {
  const answers: ((value: string) => void)[] = []
  const resource = new Resource<string>(() => new Promise((resolve) => answers.push(resolve)))
  const first = resource.reload()
  const second = resource.reload()
  answers[1]?.('new')
  await second
  answers[0]?.('old')
  await first
  expect(resource.state.value).toEqual({ kind: 'ready', value: 'new' })
})

test('what was there stays while it is asked for anew, and a refusal takes its place', async () => {
  let fails = false
  const resource = new Resource(async () => {
    if (fails) throw new Error('no')
    return 1
  })
  await resource.reload()
  fails = true
  const again = resource.reload()
  expect(resource.state.value).toEqual({ kind: 'ready', value: 1 })
  await again
  expect(resource.state.value).toMatchObject({ kind: 'failed', error: { message: 'no' } })
})

test('nothing is told once it is closed', async () => {
  const resource = new Resource(async () => 1)
  const asked = resource.reload()
  resource.close()
  await asked
  expect(resource.state.value).toEqual({ kind: 'loading' })
})
