import type { OperatorKey } from './operator-key.ts'

/** Where the key lives between visits. */
export interface KeyStore {
  load(): Promise<OperatorKey | null>
  save(key: OperatorKey): Promise<void>
  forget(): Promise<void>
}

const DATABASE = 'castellan'
const STORE = 'operator-key'
const THE_KEY = 'this-browser'

/** Keeps the key in IndexedDB, the one place of a browser that can hold a key without its bytes. */
export function browserKeyStore(): KeyStore {
  return {
    load: () => inStore<OperatorKey | undefined>('readonly', (store) => store.get(THE_KEY)).then((key) => key ?? null),
    save: (key) => inStore('readwrite', (store) => store.put(key, THE_KEY)).then(() => undefined),
    forget: () => inStore('readwrite', (store) => store.delete(THE_KEY)).then(() => undefined),
  }
}

async function inStore<Result>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest): Promise<Result> {
  const opening = indexedDB.open(DATABASE, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
  const database = await settled<IDBDatabase>(opening)
  try {
    return await settled<Result>(act(database.transaction(STORE, mode).objectStore(STORE)))
  } finally {
    database.close()
  }
}

function settled<Result>(request: IDBRequest): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as Result)
    request.onerror = () => reject(request.error)
  })
}
