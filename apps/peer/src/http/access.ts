// Who may ask: by the name under which the peer is asked, the page that asks, and the token.
import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { HttpError } from './problems.ts'
import type { Scope, Tokens } from './tokens.ts'

/** How HTTP is guarded. With nothing in it, whoever reaches the port may read and count. */
export interface Access {
  /** Without them, no token is asked for. */
  readonly tokens?: Tokens
  /** Names under which the peer is reached, beside IP addresses and localhost. */
  readonly hosts: readonly string[]
  /** Origins of pages elsewhere that may read, and count. */
  readonly origins: readonly string[]
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Says nothing that needs a token: the page, and whether the peer is well. */
    readonly isPublic?: boolean
  }
}

/** Most requests by far; to parse each of them would cost more than all other guards. */
const LOOPBACK = /^(127\.0\.0\.1|localhost)(:\d{1,5})?$/

/** Without the port, lower-case; undefined for what is no host. */
const nameOf = (host: string): string | undefined =>
  URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined

const isLocal = (name: string): boolean =>
  name === 'localhost' || name.endsWith('.localhost') || isIP(name.replace(/^\[|\]$/g, '')) !== 0

/**
 * A page elsewhere can have its own name lead to this peer, and would then be of this peer's origin to
 * its browser (DNS rebinding): so a name must be known. An address has no name to rebind.
 */
export const requireKnownHost = ({ headers }: FastifyRequest, { hosts }: Access): void => {
  const { host = '' } = headers
  if (LOOPBACK.test(host)) return
  const name = nameOf(host)
  if (name !== undefined && (isLocal(name) || hosts.includes(name))) return
  throw new HttpError(
    403,
    'ERR_HOST_REFUSED',
    'this peer is not known by the name in the Host header; name it with --allow-host when the peer is started, or ask it by its address',
  )
}

const hostOf = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).host : undefined // "null", as a sandboxed page sends

/** A page may only count at the peer that served it, or as --cors allows. Programs send no Origin. */
export const requireKnownOrigin = (request: FastifyRequest, { origins }: Access): void => {
  const { origin, host } = request.headers
  if (request.method !== 'POST' || origin === undefined) return
  if (hostOf(origin) === host?.toLowerCase() || origins.includes(origin)) return
  throw new HttpError(
    403,
    'ERR_ORIGIN_REFUSED',
    'a page of another origin may not change counters here; --cors ORIGIN would let it',
  )
}

const CHALLENGE = 'Bearer realm="tallymesh"'

const unauthorized = (detail: string, challenge: string): HttpError =>
  new HttpError(401, 'ERR_UNAUTHORIZED', detail, { headers: { 'www-authenticate': challenge } })

const scopeOf = (request: FastifyRequest, tokens: Tokens): Scope => {
  const { authorization } = request.headers
  if (authorization === undefined)
    throw unauthorized('send a token with the header "authorization: Bearer TOKEN"', CHALLENGE)
  const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
  const scope = token === undefined ? undefined : tokens.scopeOf(token)
  if (scope !== undefined) return scope
  throw unauthorized('the token is not known here', `${CHALLENGE}, error="invalid_token"`)
}

/** With a token of the scope that the method needs: a GET changes nothing, everything else may. */
export const requireToken = (request: FastifyRequest, { tokens }: Access): void => {
  if (tokens === undefined || request.routeOptions.config.isPublic === true) return
  const scope = scopeOf(request, tokens)
  const mayRead = request.method === 'GET' || request.method === 'HEAD'
  if (mayRead || scope === 'write') return
  throw new HttpError(403, 'ERR_FORBIDDEN', 'this token may read, and not write', {
    headers: { 'www-authenticate': `${CHALLENGE}, error="insufficient_scope", scope="write"` },
  })
}
