/** Whether somebody listens at an address, step by step: the name, the connection, the encryption. Sends no request. */
import { lookup } from "node:dns/promises"
import { connect as connectTcp, isIP, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import { TlsFailure } from "@effect-elnudge/core/ElnudgeError"
import * as TransportReason from "@effect-elnudge/core/TransportReason"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as DoctorCheck from "./DoctorCheck.ts"

interface Step {
  readonly name: "DNS" | "TCP" | "TLS"
  readonly millis: number
}

interface Failed {
  readonly step: Step["name"]
  readonly reason: string
}

const timed = <A, R>(name: Step["name"], effect: Effect.Effect<A, string, R>, timeout: Duration.Duration) =>
  Effect.timed(effect).pipe(
    Effect.timeoutOrElse({
      duration: timeout,
      orElse: () => Effect.fail(`no answer within ${Duration.format(timeout)}`),
    }),
    Effect.mapError((reason): Failed => ({ step: name, reason })),
    Effect.map(([duration, value]) => ({ value, step: { name, millis: Duration.toMillis(duration) } satisfies Step })),
  )

const resolve = (host: string) =>
  Effect.tryPromise({ try: () => lookup(host), catch: (error) => TransportReason.of(error) })

/** Until the socket says that it is ready; destroyed where that does not come. */
const ready = (event: "connect" | "secureConnect", open: () => Socket) =>
  Effect.callback<Socket, string>((resume) => {
    const socket = open()
    socket.once(event, () => resume(Effect.succeed(socket)))
    socket.on("error", (error) => resume(Effect.fail(TransportReason.classify(error).reason)))
    return Effect.sync(() => socket.destroy())
  })

const opened = (event: "connect" | "secureConnect", open: () => Socket) =>
  Effect.acquireRelease(ready(event, open), (socket) => Effect.sync(() => socket.destroy()), { interruptible: true })

const advice = {
  DNS: "Check the name in the address and the network's DNS.",
  TCP: "Check the address, the network and the firewall; HTTPS_PROXY names a proxy.",
  TLS: TlsFailure.advice,
}

const steps = Effect.fnUntraced(function* (url: URL, timeout: Duration.Duration) {
  const host = url.hostname.replace(/^\[|\]$/g, "")
  const isTls = url.protocol === "https:"
  const port = Number(url.port) || (isTls ? 443 : 80)
  const taken: Array<Step> = []
  if (isIP(host) === 0) taken.push((yield* timed("DNS", resolve(host), timeout)).step)
  const tcp = yield* timed(
    "TCP",
    opened("connect", () => connectTcp({ host, port })),
    timeout,
  )
  taken.push(tcp.step)
  if (!isTls) return taken
  const name = isIP(host) === 0 ? { host, servername: host } : { host }
  const tls = yield* timed(
    "TLS",
    opened("secureConnect", () => connectTls({ socket: tcp.value, ...name })),
    timeout,
  )
  taken.push(tls.step)
  return taken
})

/** Each step may take as long as `timeout`. */
export const check = Effect.fn("DoctorReach.check")(function* (origin: string, timeout: Duration.Duration) {
  return yield* steps(new URL(origin), timeout).pipe(
    Effect.match({
      onSuccess: (taken) =>
        DoctorCheck.ok("connection", taken.map(({ millis, name }) => `${name} ${Math.ceil(millis)} ms`).join(", ")),
      onFailure: ({ reason, step }) => DoctorCheck.error("connection", 5, `${step}: ${reason}`, advice[step]),
    }),
  )
}, Effect.scoped)
