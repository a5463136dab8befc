// Which cards of a long list are worth having in the document: those in view, and a few around them.

/** Sizes in CSS pixels. */
export interface GridSizes {
  readonly width: number
  readonly cardHeight: number
  readonly leastCardWidth: number
  readonly gap: number
}

export interface View {
  /** Where the view begins, from the top of the list; negative where the list begins below it. */
  readonly top: number
  readonly height: number
}

export interface GridWindow {
  readonly columns: number
  readonly cardWidth: number
  /** Of the whole list. */
  readonly height: number
  /** Cards from `first` up to `end`, `end` left out. */
  readonly first: number
  readonly end: number
}

/** Rows kept above and below the view, so that a quick scroll and the Tab key find them there. */
const spareRows = 4

const clamp = (value: number, least: number, most: number): number =>
  Math.max(least, Math.min(most, value))

export function gridWindow(cards: number, sizes: GridSizes, view: View): GridWindow {
  const { width, cardHeight, leastCardWidth, gap } = sizes
  const columns = Math.max(1, Math.floor((width + gap) / (leastCardWidth + gap)))
  const cardWidth = (width - gap * (columns - 1)) / columns
  const rows = Math.ceil(cards / columns)
  const pitch = cardHeight + gap
  const firstRow = clamp(Math.floor(view.top / pitch) - spareRows, 0, rows)
  const endRow = clamp(Math.ceil((view.top + view.height) / pitch) + spareRows, firstRow, rows)
  return {
    columns,
    cardWidth,
    height: Math.max(0, rows * pitch - gap),
    first: firstRow * columns,
    end: Math.min(cards, endRow * columns),
  }
}

/** Where a card stands, from the list's top left corner. */
export function cardPlace(
  index: number,
  { columns, cardWidth }: GridWindow,
  { cardHeight, gap }: GridSizes,
): { left: number; top: number } {
  return {
    left: (index % columns) * (cardWidth + gap),
    top: Math.floor(index / columns) * (cardHeight + gap),
  }
}
