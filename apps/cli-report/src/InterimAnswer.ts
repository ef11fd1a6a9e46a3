/**
 * A server may say `100 Continue` before its answer at any time (RFC 9110 §15.2), and undici takes that for a broken
 * connection. Here it is taken out of what arrives; the other interim answers undici knows.
 */
import { Buffer } from "node:buffer"
import type { Socket } from "node:net"

const headEnd = "\r\n\r\n"

const status = /^HTTP\/1\.[01] 100[ \r]/
/** Whether more must come before it can be told what an answer begins with: nothing is the beginning of anything. */
const isUnclear = (text: string): boolean =>
  status.test(text)
    ? !text.includes(headEnd)
    : ["HTTP/1.1 100 ", "HTTP/1.0 100 "].some((start) => start.startsWith(text))

/** The same socket, from which no `100 Continue` is read. Nothing is changed where it speaks HTTP/2. */
export const without = <S extends Socket>(socket: S): S => {
  if ("alpnProtocol" in socket && socket.alpnProtocol === "h2") return socket
  const read = socket.read.bind(socket)
  const write = socket.write.bind(socket)
  let isBeginning = true
  let kept = Buffer.alloc(0)
  return Object.assign(socket, {
    write: (...args: Parameters<typeof write>): boolean => {
      isBeginning = true
      return write(...args)
    },
    read: (size?: number): unknown => {
      while (true) {
        const chunk: unknown = read(size)
        if (!isBeginning || !Buffer.isBuffer(chunk)) return chunk
        kept = Buffer.concat([kept, chunk])
        let text = kept.toString("latin1")
        while (status.test(text) && !isUnclear(text)) {
          kept = kept.subarray(text.indexOf(headEnd) + headEnd.length)
          text = kept.toString("latin1")
        }
        if (isUnclear(text)) continue
        isBeginning = false
        const whole = kept
        kept = Buffer.alloc(0)
        return whole
      }
    },
  })
}
