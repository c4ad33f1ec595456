import { render } from 'preact'
import { App } from './app.tsx'
import { Chat } from './chat/chat.ts'
import { createClock } from './clock.ts'
import { browserHost } from './connection/browser-host.ts'
import { EngineWatch } from './connection/engine-watch.ts'
import { Gateway } from './connection/http.ts'
import { browserName } from './session/browser-name.ts'
import { takeCode } from './session/code.ts'
import { browserKeyStore } from './session/key-store.ts'
import { browserPasskeys } from './session/passkeys.ts'
import { Session } from './session/session.ts'
import { keySigner } from './session/signer.ts'
import { Appearance, browserAppearance } from './theme/appearance.ts'

// Before anything else, so that the code is nowhere to be seen.
const code = takeCode(window)

const gateway = new Gateway()
const passkeys = browserPasskeys(location)
const session = new Session({
  gateway,
  keys: browserKeyStore(),
  passkeys,
  browserName: browserName(navigator.userAgent),
  secure: isSecureContext,
})
const signer = keySigner(() => session.key, passkeys)
const engine = new EngineWatch(() => gateway.health())
const openChat = () => new Chat({ gateway, host: browserHost(gateway), signer, onSignedOut: () => session.ended() })
const page = { session, appearance: new Appearance(browserAppearance()), clock: createClock() }

// An address with a code that is opened in a tab where the page is open already only changes the hash.
addEventListener('hashchange', () => {
  const late = takeCode(window)
  if (late !== null && session.state.value.kind === 'signed-out') void session.take(late)
})

const root = document.getElementById('page')
if (root === null) throw new Error('index.html has no element for the page')
render(<App page={page} engine={engine} openChat={openChat} />, root)
void session.start(code)
