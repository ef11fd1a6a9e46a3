/** A server on loopback that says exactly the bytes it is told to, whatever HTTP has to say of them. */
import { createServer, type Server, type Socket } from "node:net"
import { createSecureContext, createServer as createTlsServer, type TlsOptions, TLSSocket } from "node:tls"
import * as Effect from "effect/Effect"

/** What is sent for one request, piece by piece; then, with `cut`, the connection is closed. */
export interface Said {
  readonly pieces: ReadonlyArray<string | Uint8Array>
  readonly cut?: boolean | undefined
}

export interface RawServer {
  readonly port: number
  /** The head of each request, in their order. */
  readonly heads: Array<string>
  /** How many connections were opened. */
  readonly connections: () => number
}

const nextTurn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

const say = (socket: Socket, { cut = false, pieces }: Said) =>
  Effect.runFork(
    Effect.gen(function* () {
      socket.setNoDelay(true)
      for (const piece of pieces) {
        socket.write(piece)
        yield* nextTurn
      }
      if (cut) socket.end()
    }),
  )

const listen = (server: Server) =>
  Effect.callback<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(address === null || typeof address === "string" ? 0 : address.port))
    })
  })

const started = Effect.fnUntraced(function* (server: Server, heads: Array<string>) {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on("connection", (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on("error", () => undefined)
  })
  const port = yield* Effect.acquireRelease(listen(server), () =>
    Effect.sync(() => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }),
  )
  const raw: RawServer = { port, heads, connections: () => connections }
  return raw
})

/** Answers requests in their turn, the last answer for ever. With `tls`, over TLS. */
export const make = Effect.fnUntraced(function* (answers: ReadonlyArray<Said>, tls?: TlsOptions) {
  const heads: Array<string> = []
  const serve = (socket: Socket) => {
    let asked = ""
    socket.on("error", () => undefined)
    socket.on("data", (chunk: Buffer) => {
      asked += chunk.toString("latin1")
      for (let end = asked.indexOf("\r\n\r\n"); end >= 0; end = asked.indexOf("\r\n\r\n")) {
        const answer = answers[Math.min(heads.length, answers.length - 1)]
        heads.push(asked.slice(0, end))
        asked = asked.slice(end + 4)
        if (answer !== undefined) say(socket, answer)
      }
    })
  }
  return yield* started(tls === undefined ? createServer(serve) : createTlsServer(tls, serve), heads)
})

/** A proxy: it agrees to every CONNECT, and leads to a server with this certificate, whatever was asked for. */
export const makeProxy = Effect.fnUntraced(function* (tls: TlsOptions) {
  const context = createSecureContext(tls)
  const server = createServer((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n")
      new TLSSocket(socket, { isServer: true, secureContext: context }).on("error", () => undefined)
    })
  })
  return yield* started(server, [])
})
