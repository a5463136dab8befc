// Boards are key prefixes: `lobby/door` is the counter “door” of the board “lobby”.

/** The board of keys that have none. */
export const noBoard = ''

/** The board that a key is on. A key that begins with its only slash has no name before it, and no board. */
export function boardOf(key: string): string {
  const slash = key.indexOf('/')
  return slash <= 0 || slash === key.length - 1 ? noBoard : key.slice(0, slash)
}

/** What a counter is called on its board. */
export function nameOf(key: string): string {
  const board = boardOf(key)
  return board === noBoard ? key : key.slice(board.length + 1)
}

/** The key of a counter by its name on a board. */
export function keyOn(board: string, name: string): string {
  return board === noBoard ? name : `${board}/${name}`
}
