// What a command may touch of the process, so that tests can stand in for it.
/** A terminal, drawn on as a whole. */
export interface Screen {
  size(): { readonly columns: number; readonly rows: number }
  /** Shows these lines in place of those shown before. */
  show(lines: readonly string[]): void
  /** Leaves what is shown there, and goes on below it. */
  end(): void
}

export interface Io {
  readonly env: NodeJS.ProcessEnv
  /** What the command was asked for. */
  out(text: string): void
  /** What a person should know besides. */
  note(text: string): void
  /** Writes to stdout as it is; resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>
  /** What comes from stdin. */
  read(): AsyncIterable<Uint8Array>
  /** Shows a line that the next one replaces, an empty one takes away; undefined off a terminal. */
  readonly progress: ((text: string) => void) | undefined
  /** stdout, where it is a terminal. */
  readonly screen: Screen | undefined
  /** From now on, a signal to stop does not end the process, but resolves this. */
  untilStopped(): Promise<void>
}
