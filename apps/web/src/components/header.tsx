// At the top of every place: the way home, how this tab stands, and the switch that takes it off the network.
import type { JSX } from 'preact'
import { setOffline } from '../offline.ts'
import { openDialog, stateWords, tab } from '../state.ts'
import { Icon } from './icon.tsx'

function StateLine(): JSX.Element {
  const { state, text, inSync } = stateWords.value
  return (
    <button
      type="button"
      class="state-line"
      data-testid="state"
      data-state={state}
      data-in-sync={inSync}
      title="Show the network (m)"
      onClick={() => (openDialog.value = 'network')}
    >
      <span class="state-dot" aria-hidden="true" />
      <span>{text}</span>
      <span class="visually-hidden"> Show the network</span>
      <Icon name="mesh" />
    </button>
  )
}

export function NetworkSwitch(): JSX.Element {
  const { offline, phase } = tab.value
  return (
    <button
      type="button"
      role="switch"
      class="switch"
      aria-checked={!offline}
      data-testid="network-switch"
      disabled={phase !== 'running'}
      title="Take this tab off the network, or back on it (o)"
      onClick={() => void setOffline(!offline)}
    >
      <span class="switch-track" aria-hidden="true" />
      <span>Network</span>
    </button>
  )
}

export function Header(): JSX.Element {
  return (
    <header class="header">
      <a class="wordmark" href="#">
        <img src="./icon.svg" alt="" width="28" height="28" />
        Tallymesh
      </a>
      <div class="header-state">
        <StateLine />
        <NetworkSwitch />
        <button
          type="button"
          class="icon-button"
          aria-label="Help and keyboard shortcuts"
          title="Help (?)"
          onClick={() => (openDialog.value = 'help')}
        >
          ?
        </button>
      </div>
    </header>
  )
}
