// A disk of a few megabytes, which can really be full: a tmpfs. Only root can mount one.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class SmallDisk implements Disposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** @returns why there is none, in words, where there can be none */
  static mount(megabytes: number): SmallDisk | string {
    if (process.platform !== 'linux' || process.getuid?.() !== 0)
      return 'it needs root on Linux to mount a tmpfs'
    const path = mkdtempSync(join(tmpdir(), 'tallymesh-disk-'))
    try {
      const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]
      execFileSync('mount', options, { stdio: 'pipe' })
      return new SmallDisk(path)
    } catch (error) {
      rmSync(path, { recursive: true })
      return `this system mounts no tmpfs: ${String(error)}`
    }
  }

  /** Takes all the room that there is, but for so many bytes. */
  fill(leave = 0): void {
    this.free()
    const { bavail, bsize } = statfsSync(this.path)
    try {
      writeFileSync(this.#ballast, Buffer.alloc(Math.max(0, bavail * bsize - leave)))
    } catch (error) {
      // Somebody else has taken a part of the room meanwhile: it is full all the same.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true })
  }

  /** Nobody may have a file of it open for writing. */
  setReadOnly(isReadOnly: boolean): void {
    execFileSync('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, this.path])
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.path])
    rmSync(this.path, { recursive: true, force: true })
  }

  get #ballast(): string {
    return join(this.path, 'ballast')
  }
}
