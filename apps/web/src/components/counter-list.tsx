// All counters that the search lets through. Only those near the view are in the document, each at its
// computed place, so that the one in focus can stay there while the rest scrolls away.
import { useComputed, useSignal, type Signal } from '@preact/signals'
import type { JSX, RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { cardPlace, gridWindow, type GridSizes, type View } from '../grid-window.ts'
import { positions, shownKeys, wanted } from '../state.ts'
import { CounterCard } from './counter-card.tsx'
import { Empty } from './empty.tsx'
import { onListKey } from './list-keys.ts'

/** In rem, so that they grow with the reader's own font size. Height as in styles/card.css. */
const card = { heightRem: 9.25, leastWidthRem: 19, gapRem: 0.875 }

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

/** Brings the counter that was asked for into view, and the focus to one of its controls. */
function useWanted(
  list: RefObject<HTMLUListElement | null>,
  topOf: (index: number) => number,
): void {
  const want = wanted.value
  useEffect(() => {
    const index = want && positions.peek().get(want.key)
    if (want === undefined || index === undefined || list.current === null) return
    const top = list.current.getBoundingClientRect().top + scrollY + topOf(index)
    const inView = top >= scrollY + 16 && top + 160 <= scrollY + innerHeight
    if (!inView) scrollTo({ top: top - innerHeight / 3 })
    const before = document.activeElement
    const focus = requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        wanted.value = undefined
        // Who has gone elsewhere meanwhile wants it no more.
        if (document.activeElement !== before && document.activeElement !== document.body) return
        const found = list.current?.querySelector(`[data-key="${CSS.escape(want.key)}"]`)
        const control = found?.querySelector<HTMLElement>(`[data-testid=${want.control}]`)
        control?.focus({ preventScroll: true })
      }),
    )
    return () => cancelAnimationFrame(focus)
  }, [want])
}

/** The cards to have in the document: the window, and the one in focus wherever it is. */
function indexesOf(first: number, end: number, kept: number | undefined): number[] {
  const indexes = Array.from({ length: end - first }, (_, at) => first + at)
  if (kept === undefined || (kept >= first && kept < end)) return indexes
  return kept < first ? [kept, ...indexes] : [...indexes, kept]
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
  useWanted(list, (index) => (now && grid ? cardPlace(index, grid, now.sizes).top : 0))

  const kept = focused.value === undefined ? undefined : positions.value.get(focused.value)
  const indexes = grid ? indexesOf(grid.first, grid.end, kept) : []
  return (
    <>
      <Empty />
      <ul
        ref={list}
        class="counters"
        aria-label="Counters"
        style={{ height: `${grid?.height ?? 0}px` }}
        onKeyDown={(event) => onListKey(event, grid?.columns ?? 1)}
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
                counter={key}
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
