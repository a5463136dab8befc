// All counters that the search lets through. Only those near the view are in the document, each at its
// computed place, so that the one in focus can stay there while the rest scrolls away.
import { useComputed, useSignal, type Signal } from '@preact/signals'
import type { JSX, RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { cardPlace, gridWindow, type GridSizes, type View } from '../grid-window.ts'
import { isWaitingForPeers } from '../state-words.ts'
import { counters, facts, search, shownKeys, wantedKey } from '../state.ts'
import { CounterCard } from './counter-card.tsx'

/** In rem, so that they grow with the reader's own font size. Height as in styles.css. */
const card = { heightRem: 8.75, leastWidthRem: 19.5, gapRem: 0.75 }

interface Measures {
  readonly sizes: GridSizes
  readonly view: View
}

function measure(list: HTMLElement): Measures {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
  const box = list.getBoundingClientRect()
  return {
    sizes: {
      width: box.width,
      cardHeight: card.heightRem * rem,
      leastCardWidth: card.leastWidthRem * rem,
      gap: card.gapRem * rem,
    },
    view: { top: -box.top, height: innerHeight },
  }
}

/** Keeps `measures` in step with scrolling and resizing. */
function follow(list: HTMLElement, measures: Signal<Measures | undefined>): () => void {
  const look = (): void => {
    measures.value = measure(list)
  }
  const observer = new ResizeObserver(look)
  observer.observe(list)
  addEventListener('scroll', look, { passive: true })
  addEventListener('resize', look)
  look()
  return () => {
    observer.disconnect()
    removeEventListener('scroll', look)
    removeEventListener('resize', look)
  }
}

/** Brings the counter that was asked for into view, and the focus to its + button. */
function useWantedKey(
  list: RefObject<HTMLUListElement | null>,
  topOf: (index: number) => number,
): void {
  const wanted = wantedKey.value
  useEffect(() => {
    if (wanted === undefined || list.current === null) return
    const index = shownKeys.peek().indexOf(wanted)
    if (index < 0) return
    const top = list.current.getBoundingClientRect().top + scrollY + topOf(index)
    const inView = top >= scrollY && top + 160 <= scrollY + innerHeight
    if (!inView) scrollTo({ top: top - innerHeight / 3 })
    const focus = setTimeout(() => {
      const found = list.current?.querySelector(`[data-key="${CSS.escape(wanted)}"]`)
      found?.querySelector<HTMLElement>('[data-testid=plus]')?.focus({ preventScroll: true })
      wantedKey.value = undefined
    }, 50)
    return () => clearTimeout(focus)
  }, [wanted])
}

function Empty(): JSX.Element | null {
  if (counters.keys.value.length === 0) {
    if (isWaitingForPeers(facts.value)) return null
    return (
      <div class="empty" data-testid="empty">
        <p class="empty-title">Nothing counted yet</p>
        <p>Name a first counter above. It works with or without a network.</p>
      </div>
    )
  }
  if (shownKeys.value.length > 0) return null
  return (
    <div class="empty">
      <p class="empty-title">No counter has “{search.value.trim()}” in its name</p>
      <button type="button" class="button" onClick={() => (search.value = '')}>
        Show all
      </button>
    </div>
  )
}

export function CounterList(): JSX.Element {
  const list = useRef<HTMLUListElement>(null)
  const measures = useSignal<Measures | undefined>(undefined)
  const focused = useSignal<string | undefined>(undefined)
  useEffect(() => (list.current === null ? undefined : follow(list.current, measures)), [])

  // Scrolling within one row changes nothing here, and so renders nothing.
  const range = useComputed(() => {
    if (measures.value === undefined) return ''
    const { first, end } = gridWindow(
      shownKeys.value.length,
      measures.value.sizes,
      measures.value.view,
    )
    return `${first} ${end} ${measures.value.sizes.width} ${measures.value.sizes.cardHeight}`
  })
  void range.value

  const keys = shownKeys.value
  const now = measures.peek()
  const grid = now && gridWindow(keys.length, now.sizes, now.view)
  useWantedKey(list, (index) => (now && grid ? cardPlace(index, grid, now.sizes).top : 0))

  const indexes = grid
    ? Array.from({ length: grid.end - grid.first }, (_, i) => grid.first + i)
    : []
  const kept = focused.value === undefined ? -1 : keys.indexOf(focused.value)
  if (grid && kept >= 0 && (kept < grid.first || kept >= grid.end)) {
    if (kept < grid.first) indexes.unshift(kept)
    else indexes.push(kept)
  }
  return (
    <>
      <Empty />
      <ul
        ref={list}
        class="counters"
        aria-label="Counters"
        style={{ height: `${grid?.height ?? 0}px` }}
        onFocusIn={({ target }: Event) => {
          const holder = target instanceof Element ? target.closest('[data-key]') : null
          focused.value = holder?.getAttribute('data-key') ?? undefined
        }}
        onFocusOut={() => {
          focused.value = undefined
        }}
      >
        {now &&
          grid &&
          indexes.map((index) => {
            const key = keys[index] ?? ''
            const { left, top } = cardPlace(index, grid, now.sizes)
            return (
              <CounterCard
                key={key}
                name={key}
                position={index + 1}
                count={keys.length}
                left={left}
                top={top}
                width={grid.cardWidth}
              />
            )
          })}
      </ul>
    </>
  )
}
