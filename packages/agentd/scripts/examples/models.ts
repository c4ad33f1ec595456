import type { RecordCall } from './record.ts'

export async function modelExamples(record: RecordCall): Promise<void> {
  const { model } = await record('model_import', { path: 'house-model.gguf' })
  const { id } = model as { id: string }
  await record('model_list')
  await record('model_status', { id })
  await record('model_verify', { id })
  await record('model_remove', { id })
}
