// The peers of a client, and which of them to ask first.
export class PeerList {
  readonly #urls: readonly string[]
  #first = 0

  constructor(urls: readonly string[]) {
    this.#urls = urls
  }

  /** From the last one that worked, around. */
  inOrder(): readonly string[] {
    return [...this.#urls.slice(this.#first), ...this.#urls.slice(0, this.#first)]
  }

  worked(url: string): void {
    this.#first = this.#urls.indexOf(url)
  }
}
