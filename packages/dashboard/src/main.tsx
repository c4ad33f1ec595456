import { render } from 'preact'
import { Acts } from './acts/acts.ts'
import { Api } from './api/api.ts'
import { App } from './app.tsx'
import { Chats } from './chat/chats.ts'
import { createClock } from './clock.ts'
import { browserHost } from './connection/browser-host.ts'
import { EngineWatch } from './connection/engine-watch.ts'
import { Gateway } from './connection/http.ts'
import { Line } from './connection/line.ts'
import { Emergency } from './emergency/emergency.ts'
import { Live } from './live/live.ts'
import type { Page, Signed } from './page.ts'
import { browserName } from './session/browser-name.ts'
import { takeCode } from './session/code.ts'
import { browserKeyStore } from './session/key-store.ts'
import { browserPasskeys } from './session/passkeys.ts'
import { Session } from './session/session.ts'
import { keySigner } from './session/signer.ts'
import { Router } from './shell/router.ts'
import { Appearance, browserAppearance } from './theme/appearance.ts'
import { Confirmations } from './ui/confirm.tsx'
import { TimeStyle } from './ui/time-style.ts'
import { Toasts } from './ui/toasts.tsx'

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
const onSignedOut = () => session.ended()

function open(canApprove: boolean): Signed {
  const host = browserHost(gateway)
  const line = new Line(host, onSignedOut)
  const api = new Api((...asked) => fetch(...asked), onSignedOut)
  const chats = new Chats({ gateway, line, host, signer, onSignedOut })
  const live = new Live(line)
  const emergency = new Emergency({ api, signer, line, live })
  return { api, line, live, chats, engine, signer, acts: new Acts(api, signer), emergency, canApprove }
}

const look = browserAppearance()
const page: Page = {
  session,
  appearance: new Appearance(look),
  timeStyle: new TimeStyle(look.storage),
  router: new Router(window),
  toasts: new Toasts(),
  confirmations: new Confirmations(),
  clock: createClock(),
}

// An address with a code that is opened in a tab where the page is open already only changes the hash.
addEventListener('hashchange', () => {
  const late = takeCode(window)
  if (late !== null && session.state.value.kind === 'signed-out') void session.take(late)
})

const root = document.getElementById('page')
if (root === null) throw new Error('index.html has no element for the page')
render(<App page={page} open={open} />, root)
void session.start(code)
