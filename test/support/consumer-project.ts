// An empty project outside of the workspace, in which the packages are installed as they are published.
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { build } from '../../scripts/build.ts'
import { pack } from '../../scripts/packages.ts'
import { temporaryFolder } from './temporary-folder.ts'

const manifest = { name: 'consumer', private: true, type: 'module' }

export interface Output {
  readonly stdout: string
  readonly stderr: string
}

export class ConsumerProject implements AsyncDisposable {
  readonly folder: string
  readonly #packages: ReadonlyMap<string, string>
  readonly #leave: () => PromiseLike<void>

  private constructor(
    folder: string,
    packages: ReadonlyMap<string, string>,
    leave: () => PromiseLike<void>,
  ) {
    this.folder = folder
    this.#packages = packages
    this.#leave = leave
  }

  /** Builds and packs what is in the checkout. Nothing is installed yet. */
  static async create(): Promise<ConsumerProject> {
    const place = await temporaryFolder()
    if (!(await build())) throw new Error('the packages could not be built; see above')
    const packed = await pack(join(place.path, 'packed'))
    if (packed === undefined) throw new Error('the packages could not be packed; see above')
    const folder = join(place.path, 'project')
    await mkdir(folder)
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
    const names = packed.map((file) => [nameOf(basename(file)), file] as const)
    return new ConsumerProject(folder, new Map(names), () => place[Symbol.asyncDispose]())
  }

  /** What `npm install` commands name, all at once; the workspace's packages from their packed files. */
  async install(commands: readonly string[], others: readonly string[]): Promise<void> {
    const named = commands.flatMap((line) => line.replace('npm install', '').trim().split(/\s+/))
    const wanted = [...named, ...others].filter((name) => !this.#packages.has(name))
    const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
    await this.run('npm', [...args, ...this.#packages.values(), ...new Set(wanted)])
  }

  async write(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.folder, file)), { recursive: true })
    await writeFile(join(this.folder, file), text)
  }

  /** What the installed package has in one of its files. */
  read(name: string, file: string): Promise<string> {
    return readFile(join(this.folder, 'node_modules', name, file), 'utf8')
  }

  /** Rejects with all that it said where it fails. */
  async run(
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<Output> {
    const options = { cwd: this.folder, env: { ...process.env, NODE_OPTIONS: '', ...env } }
    try {
      return await promisify(execFile)(command, args, options)
    } catch (cause) {
      const { stdout = '', stderr = '' } = cause as Partial<Output>
      throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave()
  }
}

/** `tallymesh-core-0.1.0.tgz` is of `@tallymesh/core`. */
const nameOf = (file: string): string =>
  file.replace(/-\d+\.\d+\.\d+.*\.tgz$/, '').replace(/^tallymesh-/, '@tallymesh/')
