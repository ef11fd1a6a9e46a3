import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { systemError } from "effect/PlatformError"
import * as Stream from "effect/Stream"
import * as OutputFile from "../src/OutputFile.ts"
import * as Replaceable from "../src/Replaceable.ts"
import * as ReportFolder from "../src/ReportFolder.ts"
import * as RunningProcesses from "../src/RunningProcesses.ts"
import * as TemporaryFile from "../src/TemporaryFile.ts"
import * as ServedShop from "./ServedShop.ts"

const write = (file: string) =>
  Effect.scoped(Effect.flatMap(OutputFile.prepare(file), (output) => OutputFile.write(output, Stream.succeed("text"))))

/** Runs with the name of a file in an empty folder. */
const inFolder = <A, E>(
  use: (place: (name: string) => string) => Effect.Effect<A, E, NodeServices.NodeServices>,
): Effect.Effect<A, E> =>
  Effect.scoped(Effect.flatMap(ServedShop.temporaryFolder, (folder) => use((name) => join(folder, name)))).pipe(
    Effect.provide(NodeServices.layer),
  )

describe("an output that a link names", () => {
  it.effect.each([
    ["a link", { link: "real.csv" }],
    [
      "links one after the other, across folders",
      { link: "a/second", "a/second": "../b/third", "b/third": "../real.csv" },
    ],
    ["a link in a linked folder", { link: "away/third", away: "b", "b/third": "../real.csv" }],
  ] as const)("is the file behind it, which is not there yet: %s", ([, links]) =>
    inFolder((place) =>
      Effect.gen(function* () {
        for (const name of ["a", "b"]) mkdirSync(place(name))
        for (const [name, names] of Object.entries(links)) symlinkSync(names, place(name))
        yield* write(place("link"))
        assert.strictEqual(readFileSync(place("real.csv"), "utf8"), "text")
        for (const name of Object.keys(links)) assert.isTrue(lstatSync(place(name)).isSymbolicLink(), name)
        assert.deepStrictEqual(
          readdirSync(place("b")),
          readdirSync(place("b")).filter((name) => name === "third"),
        )
      }),
    ),
  )

  it.effect("is refused in words where links lead to each other, or to a folder that is not there", () =>
    inFolder((place) =>
      Effect.gen(function* () {
        symlinkSync("b", place("a"))
        symlinkSync("a", place("b"))
        symlinkSync("none/file", place("c"))
        assert.include((yield* Effect.flip(write(place("a")))).message, "its links lead to each other")
        assert.include((yield* Effect.flip(write(place("c")))).message, "is not there")
        assert.deepStrictEqual(readdirSync(place(".")), ["a", "b", "c"])
      }),
    ),
  )

  it.effect("may have a name as long as names can be, and no longer one", () =>
    inFolder((place) =>
      Effect.gen(function* () {
        const long = place("x".repeat(255))
        yield* write(long)
        assert.strictEqual(readFileSync(long, "utf8"), "text")
        assert.include((yield* Effect.flip(write(place("x".repeat(256))))).message, "the name is too long")
      }),
    ),
  )
})

describe("an output", () => {
  it.effect("is refused before the work in a folder that only takes in, where nothing can be renamed", () =>
    inFolder((place) =>
      Effect.gen(function* () {
        const real = yield* FileSystem.FileSystem
        const takesIn = FileSystem.FileSystem.of({
          ...real,
          remove: (path) =>
            Effect.fail(
              systemError({
                _tag: "Unknown",
                module: "FileSystem",
                method: "remove",
                pathOrDescriptor: path,
                cause: { code: "EPERM" },
              }),
            ),
        })
        const prepared = Effect.scoped(OutputFile.prepare(place("out.csv")))
        const { message } = yield* Effect.flip(Effect.provideService(prepared, FileSystem.FileSystem, takesIn))
        assert.include(message, "its folder takes files in, and lets none of them be renamed")
      }),
    ),
  )

  it.effect("is not the lock of the checkpoint, which the run would lose by it", () =>
    inFolder((place) =>
      Effect.gen(function* () {
        const outputs = [
          { flag: "--checkpoint", file: place("a") },
          { flag: "--output", file: place("a.lock") },
        ]
        const { message } = yield* Effect.flip(OutputFile.checkApart(outputs, []))
        assert.include(message, `--output ${place("a.lock")} and the lock of ${place("a")} are one file`)
      }),
    ),
  )
})

describe("a file that a rename would not replace", () => {
  const mountinfo = [
    "21 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
    String.raw`36 21 254:0 /src /data/out\040put.csv rw,relatime - ext4 /dev/vda rw`,
    "37 21 254:0 /src /data/folder rw,relatime - ext4 /dev/vda rw",
  ].join("\n")

  const me = 1000

  interface Case {
    readonly place?: string
    readonly table?: string
    readonly file?: { readonly uid?: number; readonly dev?: bigint }
    readonly folder?: { readonly uid?: number; readonly mode?: number }
    readonly refusal?: string
    readonly self?: number
  }

  const cases: ReadonlyArray<readonly [string, Case, string | undefined]> = [
    ["an ordinary one", {}, undefined],
    ["a mount point, with a blank in its name", { place: "/data/out put.csv" }, "it is mounted by itself"],
    ["one in a folder that is a mount point", { place: "/data/folder/out.csv" }, undefined],
    ["one of another device, as layered file systems have them", { file: { dev: 2n } }, undefined],
    ["one of another device, where there is no table", { table: "", file: { dev: 2n } }, "it is mounted by itself"],
    ["another's in a sticky folder", { file: { uid: 7 }, folder: { mode: 0o1777 } }, "it is another user's"],
    ["another's in a sticky folder, for root", { file: { uid: 7 }, folder: { mode: 0o1777 }, self: 0 }, undefined],
    ["another's in a sticky folder of one's own", { file: { uid: 7 }, folder: { uid: me, mode: 0o1777 } }, undefined],
    ["one's own in a sticky folder", { folder: { mode: 0o1777 } }, undefined],
    ["another's in an open folder", { file: { uid: 7 }, folder: { mode: 0o777 } }, undefined],
    ["one that only may be read", { refusal: "EACCES" }, undefined],
    ["one that nobody may change", { refusal: "EPERM" }, "the system does not let it be changed"],
  ]
  it.effect.each(cases)("is told from others before the work: %s", ([, given, reason]) =>
    Effect.gen(function* () {
      const real = yield* FileSystem.FileSystem
      const info = yield* real.stat("/")
      const place = given.place ?? "/data/out.csv"
      const failure = (code: string) =>
        Effect.fail(
          systemError({
            _tag: "Unknown",
            module: "FileSystem",
            method: "test",
            pathOrDescriptor: place,
            cause: { code },
          }),
        )
      const fileSystem = FileSystem.layerNoop({
        stat: (path) => {
          const { dev, mode, uid } = {
            ...(path === place ? { uid: me, mode: 0o644, dev: 1n } : { uid: 0, mode: 0o755, dev: 1n }),
            ...(path === place ? given.file : given.folder),
          }
          return Effect.succeed({ ...info, dev, mode, uid: Option.some(uid) })
        },
        readFile: () =>
          given.table === "" ? failure("ENOENT") : Effect.succeed(Buffer.from(given.table ?? mountinfo)),
        access: () => (given.refusal === undefined ? Effect.void : failure(given.refusal)),
      })
      const problem = yield* Effect.provide(Replaceable.problem(place, given.self ?? me), fileSystem)
      if (reason === undefined) assert.isUndefined(problem)
      else assert.include(problem?.reason, reason)
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})

describe("what a run that was killed left beside its output", () => {
  it.effect("is cleared by the next run for the same output, and nothing else is", () =>
    inFolder((place) =>
      Effect.gen(function* () {
        const { self } = yield* RunningProcesses.make
        const temporaryFiles = yield* TemporaryFile.of(place("out.csv"))
        const own = yield* Effect.scoped(temporaryFiles.make)
        const { pid, startedAt } = self
        assert.match(own, new RegExp(`/\\.out\\.csv\\.[0-9a-z]+-${pid}-${startedAt ?? ""}-[0-9a-z]+\\.elnudge-tmp$`))
        const of = (process: string, from = `-${pid}-${startedAt ?? ""}-`) => own.replace(from, process)
        const elsewhere = own.replace(/csv\.[0-9a-z]+-/, "csv.1-")
        const left = { gone: of("-999999999-1-"), goneLongAgo: of("-999999999-1-a"), forgotten: elsewhere }
        const others = {
          alive: of(`-${pid}-${startedAt ?? ""}-z`),
          elsewhere: elsewhere.replace("csv.1-", "csv.2-"),
          ofAnotherOutput: left.gone.replace("out.csv", "out.csv.csv"),
          ofAnother: left.gone.replace(".out.csv", ".out"),
          unmarked: place(".out.csv.backup"),
          ofAnEarlierVersion: place(".out.csv-Xa8sK1"),
          likeOurs: place(".out.csv.notes.elnudge-tmp"),
        }
        for (const file of [...Object.values(left), ...Object.values(others)]) writeFileSync(file, "rows")
        utimesSync(left.forgotten, 0, 0)
        yield* write(place("out.csv"))
        for (const [name, file] of Object.entries(left)) assert.isFalse(existsSync(file), name)
        for (const [name, file] of Object.entries(others)) assert.isTrue(existsSync(file), name)
        assert.strictEqual(readdirSync(place(".")).length, Object.keys(others).length + 1)
      }),
    ),
  )

  it.effect("is cleared from the folder of `run`, also where the next run writes other reports", () =>
    inFolder((place) =>
      Effect.gen(function* () {
        const own = yield* Effect.scoped(Effect.flatMap(TemporaryFile.of(place("lift.csv")), ({ make }) => make))
        writeFileSync(own.replace(/-\d+-\d*-/, "-999999999-1-"), "rows")
        yield* ReportFolder.make(place("."))
        assert.deepStrictEqual(readdirSync(place(".")), [])
      }),
    ),
  )

  it.effect("is told from a process that has its number now", () =>
    inFolder((place) =>
      Effect.gen(function* () {
        const { find } = yield* RunningProcesses.make
        const parent = yield* find(process.ppid)
        const startedAt = Option.getOrUndefined(Option.map(parent, (each) => each.startedAt ?? undefined))
        const own = yield* Effect.scoped(Effect.flatMap(TemporaryFile.of(place("out")), ({ make }) => make))
        const before = own.replace(/-\d+-\d*-/, `-${process.ppid}-1-`)
        writeFileSync(before, "")
        yield* write(place("out"))
        // Where the system does not say when a process started, only time can tell.
        assert.strictEqual(existsSync(before), startedAt === undefined)
      }),
    ),
  )
})
