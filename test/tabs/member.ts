// A cluster of one member, which tabs are none of.
import { identityFile, makeDataFolder } from '../../apps/peer/src/data-folder.ts'
import { loadOrCreateIdentity } from '../../apps/peer/src/identity.ts'
import { PeerProcess, sameAddresses } from '../support/peer-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

export interface Member extends AsyncDisposable {
  readonly peer: PeerProcess
  /** Starts it again, at the same addresses. */
  restart(): Promise<PeerProcess>
}

export async function startMember(): Promise<Member> {
  const folder = await temporaryFolder()
  await makeDataFolder(folder.path)
  const { peerId } = await loadOrCreateIdentity(identityFile(folder.path))
  const args = ['--member', peerId]
  const peer = await PeerProcess.start({ data: folder.path, args })
  return {
    peer,
    restart: () =>
      PeerProcess.start({ data: folder.path, args, addresses: sameAddresses(peer.ready) }),
    async [Symbol.asyncDispose]() {
      await peer.kill()
      await folder[Symbol.asyncDispose]()
    },
  }
}
