import { reasonOf } from "@effect-elnudge/core/FileFailure"
import * as NodePath from "@effect/platform-node/NodePath"
import { assert, describe, it } from "@effect/vitest"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { systemError } from "effect/PlatformError"
import * as SitesFile from "../src/SitesFile.ts"

const self = 1000

interface Entry {
  readonly uid?: number
  readonly mode?: number
  readonly link?: string
}

const info = (path: string, { link, mode, uid = 0 }: Entry): FileSystem.File.Info => {
  const type = link !== undefined ? "SymbolicLink" : path.endsWith(".json") ? "File" : "Directory"
  return {
    type,
    mode: mode ?? (type === "File" ? 0o644 : type === "Directory" ? 0o755 : 0o777),
    uid: Option.some(uid),
    gid: Option.some(0),
    dev: 1n,
    ino: Option.none(),
    rdev: Option.none(),
    nlink: Option.none(),
    mtime: Option.none(),
    atime: Option.none(),
    birthtime: Option.none(),
    size: ByteSize.bytes(0),
    blksize: Option.none(),
    blocks: Option.none(),
  }
}

/** Of folders that nothing is said of, root is the owner and has them alone. */
const check = (file: string, entries: Readonly<Record<string, Entry>>) => {
  const known: Readonly<Record<string, Entry>> = { "/": {}, "/home": {}, "/tmp": { mode: 0o1777 }, ...entries }
  const notFound = (method: string, path: string) =>
    Effect.fail(systemError({ _tag: "NotFound", module: "FileSystem", method, pathOrDescriptor: path }))
  const fileSystem = FileSystem.layerNoop({
    lstat: (path) => {
      const entry = known[path]
      return entry === undefined ? notFound("lstat", path) : Effect.succeed(info(path, entry))
    },
    readLink: (path) => Effect.succeed(known[path]?.link ?? ""),
  })
  return SitesFile.checkOwned(file, self).pipe(
    Effect.match({
      onSuccess: () => "owned",
      onFailure: (error) => (error._tag === "PlatformError" ? reasonOf(error) : error.message),
    }),
    Effect.provide(Layer.merge(fileSystem, NodePath.layer)),
  )
}

describe("the file of sites", () => {
  const mine = { uid: self }
  const file = "/home/me/sites.json"
  const home = { "/home/me": mine, [file]: mine }
  const cases: ReadonlyArray<readonly [string, string, Readonly<Record<string, Entry>>, string]> = [
    ["of one's own", file, home, "owned"],
    ["of root", file, { ...home, [file]: {} }, "owned"],
    ["that is not there", "/home/me/none.json", { "/home/me": { mode: 0o777 } }, "owned"],
    [
      "of another user",
      file,
      { ...home, [file]: { uid: 1001 } },
      "Another user (uid 1001) owns the file of sites /home",
    ],
    ["that the group can write", file, { ...home, [file]: { uid: self, mode: 0o664 } }, "(mode 0664), and the file"],
    ["that everybody can write", file, { ...home, [file]: { uid: self, mode: 0o646 } }, "Others can write the file of"],
    [
      "with the sticky bit, which says nothing of a file",
      file,
      { ...home, [file]: { mode: 0o1666 } },
      "Others can write",
    ],
    [
      "in another's folder",
      file,
      { ...home, "/home/me": { uid: 1001 } },
      "(uid 1001) owns the folder /home/me, on the",
    ],
    ["in a group's folder", file, { ...home, "/home/me": { uid: self, mode: 0o775 } }, "write the folder /home/me"],
    [
      "below everybody's folder",
      file,
      { ...home, "/home": { mode: 0o777 } },
      "write the folder /home, on the way to /home",
    ],
    ["in a sticky folder", "/tmp/sites.json", { "/tmp/sites.json": mine }, "owned"],
    [
      "in another's sticky folder",
      "/tmp/x/sites.json",
      { "/tmp/x": { uid: 1001, mode: 0o1777 }, "/tmp/x/sites.json": mine },
      "(uid 1001) owns the folder /tmp/x",
    ],
    ["behind a link", "/tmp/l", { ...home, "/tmp/l": { uid: self, link: "../home/me/sites.json" } }, "owned"],
    [
      "behind another's link",
      "/tmp/l",
      { ...home, "/tmp/l": { uid: 1001, link: file } },
      "owns the link /tmp/l, on the way",
    ],
    [
      "behind a link into everybody's folder",
      "/home/me/l",
      { ...home, "/home/me/l": { uid: self, link: "/srv/sites.json" }, "/srv": { mode: 0o777 }, "/srv/sites.json": {} },
      "write the folder /srv, on the way to /home/me/l",
    ],
    [
      "behind a folder that is a link",
      "/home/me/d/sites.json",
      { ...home, "/home/me/d": { uid: self, link: "/srv" }, "/srv": { uid: 1001 }, "/srv/sites.json": {} },
      "(uid 1001) owns the folder /srv",
    ],
    ["behind links that lead to each other", "/tmp/a", { "/tmp/a": { link: "b" }, "/tmp/b": { link: "a" } }, "ELOOP"],
  ]
  it.effect.each(cases)("%s", ([, place, entries, says]) =>
    Effect.gen(function* () {
      assert.include(yield* check(place, entries), says)
    }),
  )
})
