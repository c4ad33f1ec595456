import { CastellanError } from '@castellan/contracts'
import type { Measure } from '../containment.ts'

/** Models as containment needs them. */
export interface ModelQuarantine {
  /** Takes a model out of use; nothing happens where it is. Throws `not_found`. */
  revoke(id: string): Promise<void>
  isRevoked(id: string): Promise<boolean>
  /** Reads the model's file, and puts it back into use where that is what was let in. Throws where it is not. */
  reinstate(id: string): Promise<void>
}

/** The model that the incident is about is out of use. */
export function modelMeasure(models: () => ModelQuarantine): Measure {
  return {
    async apply({ subject }) {
      await models().revoke(subject)
      return subject
    },
    async verify(ref) {
      if (await models().isRevoked(ref)) return `The registry says that ${ref} is out of use.`
      throw new CastellanError('containment_failed', `The registry says that ${ref} is in use.`)
    },
    async lift(ref) {
      await models().reinstate(ref)
      return `The file of ${ref} is what was let in, and the registry says that it is in use.`
    },
  }
}
