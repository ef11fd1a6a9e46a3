/** A certificate that nobody has signed but itself, made anew for each test: no key lies about. */
import { generateKeyPairSync, sign } from "node:crypto"

const der = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Buffer => {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...parts: ReadonlyArray<Uint8Array>) => der(0x30, ...parts)
const hex = (text: string) => Buffer.from(text, "hex")
const time = (text: string) => der(0x18, Buffer.from(text))

const ecdsaWithSha256 = sequence(der(0x06, hex("2a8648ce3d040302")))
const commonName = (name: string) =>
  sequence(der(0x31, sequence(der(0x06, hex("550403")), der(0x0c, Buffer.from(name)))))
const loopbackAsAlternative = sequence(
  der(0x06, hex("551d11")),
  der(0x04, sequence(der(0x87, Buffer.from([127, 0, 0, 1])))),
)

const pem = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${bytes.toString("base64").replaceAll(/.{64}/g, "$&\n")}\n-----END ${label}-----\n`

/** For 127.0.0.1; `until` such as `20500101000000Z`. */
export const make = (until = "20500101000000Z") => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const name = commonName("127.0.0.1")
  const certificate = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    name,
    sequence(time("20200101000000Z"), time(until)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(loopbackAsAlternative)),
  )
  const signature = der(0x03, Buffer.from([0]), sign("sha256", certificate, privateKey))
  return {
    cert: pem("CERTIFICATE", sequence(certificate, ecdsaWithSha256, signature)),
    key: privateKey.export({ type: "pkcs8", format: "pem" }),
  }
}
